import fc from 'fast-check';
import { planShards } from './plan';

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 7 });

describe('planShards', () => {
  it('gives all members the same number of shards, give or take one, moves as few as possible, and then has nothing left to do', () => {
    fc.assert(
      fc.property(members, fc.array(fc.nat(9), { minLength: 1, maxLength: 60 }), (ids, owners) => {
        const sorted = [...ids].sort();
        const shards = owners.map((owner) => ({ wanted: owner === 9 ? null : (sorted[owner] ?? 'gone') }));
        const changes = planShards(sorted, shards);
        const after = shards.map(({ wanted }) => ({ wanted }));
        for (const [shard, member] of changes) after[shard] = { wanted: member };

        const counts = sorted.map((id) => after.filter(({ wanted }) => wanted === id).length);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(shards.length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(planShards(sorted, after)).toEqual([]);

        // What must move: shards without a living owner, and what anybody has beyond the larger or the smaller share.
        const before = sorted.map((id) => shards.filter(({ wanted }) => wanted === id).length).sort((a, b) => b - a);
        const share = Math.floor(shards.length / sorted.length);
        const leftOver = shards.length % sorted.length;
        const kept = before.reduce((sum, count, index) => sum + Math.min(count, share + (index < leftOver ? 1 : 0)), 0);
        expect(changes).toHaveLength(shards.length - kept);
      }),
    );
  });

  it('plans nothing without members', () => {
    expect(planShards([], [{ wanted: 'gone' }])).toEqual([]);
  });
});
