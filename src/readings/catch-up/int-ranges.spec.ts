import fc from 'fast-check';
import { contains, covers, EMPTY, holesIn, intersects, rangesOf, rangesOfNumbers, subtract, union } from './int-ranges';
import type { IntRanges } from './int-ranges';

const numbers = fc.uniqueArray(fc.integer({ min: -20, max: 60 }), { maxLength: 40 });
const inside = Array.from({ length: 90 }, (_, i) => i - 25);
const membersOf = (ranges: IntRanges) => inside.filter((n) => ranges.some(({ from, to }) => from <= n && n <= to));

describe('sets of whole numbers', () => {
  it('are kept as ascending ranges that do not touch', () => {
    expect(rangesOfNumbers([5, 3, 4, 9, 1, 3])).toEqual([
      { from: 1, to: 1 },
      { from: 3, to: 5 },
      { from: 9, to: 9 },
    ]);
    expect(rangesOf([{ from: 4, to: 3 }])).toEqual(EMPTY);
  });

  it('are joined and subtracted like sets', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [x, y] = [rangesOfNumbers(a), rangesOfNumbers(b)];
        expect(membersOf(union(x, y))).toEqual(inside.filter((n) => a.includes(n) || b.includes(n)));
        expect(membersOf(subtract(x, y))).toEqual(inside.filter((n) => a.includes(n) && !b.includes(n)));
        expect(rangesOf(subtract(x, y))).toEqual(subtract(x, y));
      }),
    );
  });

  it('tell what they contain', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: -25, max: 64 }), fc.nat(9), (set, from, length) => {
        const ranges = rangesOfNumbers(set);
        const range = { from, to: from + length };
        const within = inside.filter((n) => n >= range.from && n <= range.to);
        expect(contains(ranges, from)).toBe(set.includes(from));
        expect(intersects(ranges, range)).toBe(within.some((n) => set.includes(n)));
        expect(covers(ranges, range)).toBe(within.every((n) => set.includes(n)));
      }),
    );
  });

  it('have holes between their lowest and their highest number only', () => {
    expect(holesIn(rangesOfNumbers([2, 3, 6, 9]))).toEqual([
      { from: 4, to: 5 },
      { from: 7, to: 8 },
    ]);
    expect(holesIn(EMPTY)).toEqual(EMPTY);
  });
});
