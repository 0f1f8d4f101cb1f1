import fc from 'fast-check';
import { runChaos } from './chaos';

const RUNS = 200;

describe('a cluster of replicas', () => {
  it('SCALE-01: never lets two order, stores no stale row and comes to rest, whatever happens (200 clusters)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 2, max: 4 }), (seed, replicas) => {
        const { world, convergedMs } = runChaos({ seed, replicas, shards: 12, minutes: 3 });
        expect(world.violations).toEqual([]);
        expect(convergedMs).not.toBeNull();
      }),
      { numRuns: RUNS },
    );
  });

  it('does the same again with the same seed', () => {
    const run = () => {
      const { world, faults, convergedMs } = runChaos({ seed: 7, replicas: 3, shards: 12, minutes: 1 });
      return [faults, convergedMs, world.gains, world.statements, world.writes];
    };
    expect(run()).toEqual(run());
  });

  it('meets faults that cost shards, and refuses stale rows', () => {
    const { world, faults } = runChaos({ seed: 1, replicas: 3, shards: 12, minutes: 8 });
    expect(faults).toBeGreaterThan(50);
    expect(world.refusedWrites).toBeGreaterThan(0);
    expect(Object.keys(world.losses)).toEqual(expect.arrayContaining(['cut_off', 'isolated']));
  });
});
