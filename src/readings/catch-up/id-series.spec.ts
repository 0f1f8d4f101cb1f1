import fc from 'fast-check';
import { seriesOf } from './id-series';
import type { Island } from './id-series';
import { rangesOf, rangesOfNumbers, subtract } from './int-ranges';

/** Islands with gaps between them; each day has ten numbers. */
const islands = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 6 })), { maxLength: 20 })
  .map((steps) => {
    let at = 0;
    return steps.map(([length, gap]): Island => {
      const [from, to] = [at, at + length - 1];
      at = to + gap;
      return { from, to, fromDay: Math.floor(from / 10), toDay: Math.floor(to / 10) };
    });
  });

describe('a series', () => {
  it('has the holes between what is stored, without the numbers that have no record, each with the days around it', () => {
    const absentNumbers = fc.array(fc.nat(100), { maxLength: 20 });
    fc.assert(
      fc.property(islands, absentNumbers, (stored, numbers) => {
        const absent = rangesOfNumbers(numbers);
        const { holes, known, days } = seriesOf([7], stored, absent);
        const expected = stored.slice(1).flatMap((after, index) => {
          const before = stored[index];
          if (!before) return [];
          const gap = { from: before.to + 1, to: after.from - 1 };
          return subtract([gap], absent).map((hole) => ({ ...hole, days: { from: before.toDay, to: after.fromDay } }));
        });
        expect(holes).toEqual(expected);
        expect(known).toEqual(rangesOf(stored));
        expect(days).toEqual(stored.length > 0 ? { from: stored[0]?.fromDay, to: stored.at(-1)?.toDay } : null);
      }),
    );
  });

  it('takes every second number of a million in linear time', () => {
    const stored = Array.from({ length: 500_000 }, (_, at) => ({ from: 2 * at, to: 2 * at, fromDay: 1, toDay: 1 }));
    const absent = stored.slice(0, -1).map(({ from }) => ({ from: from + 1, to: from + 1 }));
    expect(seriesOf([], stored, []).holes).toHaveLength(499_999);
    expect(seriesOf([], stored, absent).holes).toEqual([]);
  });
});
