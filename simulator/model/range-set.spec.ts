import { seededRandom } from '../seeded-random';
import { RangeSet } from './range-set';

describe('RangeSet', () => {
  it('joins numbers in a row, whatever their order', () => {
    const set = new RangeSet();
    for (const value of [1, 2, 5, 4, 9, 3]) set.add(value);

    expect(set.toJSON()).toEqual([
      [1, 5],
      [9, 9],
    ]);
    set.add(0, 20);
    expect(set.toJSON()).toEqual([[0, 20]]);
  });

  it('holds what was added, and nothing else', () => {
    const random = seededRandom(4);
    const set = new RangeSet();
    const plain = new Set<number>();
    for (let turn = 0; turn < 300; turn += 1) {
      const from = Math.floor(random() * 500);
      const to = from + Math.floor(random() * 4) - 1;
      set.add(from, to);
      for (let value = from; value <= to; value += 1) plain.add(value);
    }

    const values = Array.from({ length: 510 }, (_, value) => value);
    expect(values.filter((value) => set.has(value))).toEqual(values.filter((value) => plain.has(value)));
    const ends = set.toJSON().flat();
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
  });
});
