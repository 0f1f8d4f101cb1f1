import { breaksIn, peaksOf, reachOf, timesOf } from './series';

const MINUTE = 60_000;

describe('where the line of a trend is interrupted', () => {
  it('is where values are missing for much longer than usual', () => {
    expect([
      ...breaksIn(
        [0, 10, 20, 90, 100].map((at) => at * MINUTE),
        10 * MINUTE,
      ),
    ]).toEqual([3]);
  });

  it('is nowhere if values are rarer than the steps, but regular', () => {
    expect(
      breaksIn(
        [0, 60, 120, 180].map((at) => at * MINUTE),
        10 * MINUTE,
      ).size,
    ).toBe(0);
  });

  it('is nowhere in one point or none', () => {
    expect([breaksIn([], MINUTE).size, breaksIn([5], MINUTE).size]).toEqual([0, 0]);
  });
});

describe('peaks', () => {
  const at = (index: number) => index * 2;

  it('are the highest values that exceed their neighbours', () => {
    expect(peaksOf([0, 5, 1, 9, 3, 7], at, 2)).toEqual([
      { at: 6, value: 9 },
      { at: 10, value: 7 },
    ]);
  });

  it('count a plateau once', () => {
    expect(peaksOf([0, 4, 4, 0], at, 5)).toEqual([{ at: 2, value: 4 }]);
  });
});

describe('the time of a value of a waveform', () => {
  it('follows from the sample rate', () => {
    expect(timesOf(3, 2000, null)).toEqual([0, 0.5, 1]);
  });

  it('is half a bucket further for each value of a thinned waveform', () => {
    expect(timesOf(4, 1000, 10)).toEqual([0, 5, 10, 15]);
  });

  it('is its number without a rate', () => {
    expect(timesOf(3, null, null)).toEqual([0, 1, 2]);
  });
});

it('finds how far values reach within what is shown', () => {
  expect(
    reachOf(
      [0, 1, 2, 3],
      [
        [9, -2, 1, 9],
        [0, null, 0.5, 0],
      ],
      [1, 2],
    ),
  ).toBe(2);
  expect(reachOf([0], [[4]], [1, 2])).toBe(0);
});
