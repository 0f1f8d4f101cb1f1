import { compare, median } from './ratio';

describe('a comparison', () => {
  it('is the median of the ratios of the rounds, with the lowest and the highest', () => {
    const rounds = [
      { product: 50, baseline: 100 },
      { product: 900, baseline: 1000 },
      { product: 7, baseline: 10 },
    ];

    expect(compare(rounds)).toEqual({ product: 50, baseline: 100, ratio: 0.7, lowest: 0.5, highest: 0.9, rounds: 3 });
  });

  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[1, 2, 4, 100], 3],
  ])('of %j has the median %d', (values, expected) => expect(median(values)).toBe(expected));
});
