import { trendRows } from './trend-rows';

const at = (minutes: number): string => new Date(minutes * 60_000).toISOString();
const point = (minutes: number, avg: number) => ({
  at: at(minutes),
  min: avg - 1,
  avg,
  max: avg + 1,
  last: avg,
  count: 2,
});

describe('what a chart draws of a trend', () => {
  it('has means, and the least and greatest values of a single series', () => {
    const rows = trendRows([{ metric: 'temperature', unit: null, points: [point(0, 20), point(10, 21)] }]);
    expect(rows).toEqual([
      [0, 600],
      [20, 21],
      [19, 20],
      [21, 22],
    ]);
  });

  it('has the times of all series, and nothing where one of them has no value', () => {
    const rows = trendRows([
      { metric: 'x.rms', unit: 'g', points: [point(0, 1), point(10, 2)] },
      { metric: 'y.rms', unit: 'g', points: [point(10, 3)] },
    ]);
    expect(rows).toEqual([
      [0, 600],
      [1, 2],
      [null, 3],
    ]);
  });

  it('interrupts the line where values are missing', () => {
    const points = [point(0, 1), point(10, 1), point(20, 1), point(120, 1), point(130, 1)];
    const [times, means] = trendRows([{ metric: 'temperature', unit: null, points }]);
    expect(times).toEqual([0, 600, 1200, 7199, 7200, 7800]);
    expect(means).toEqual([1, 1, 1, null, 1, 1]);
  });
});
