import { growthPerHour } from './trend';

describe('growthPerHour', () => {
  it('finds the growth of a straight line', () => {
    const points = [0, 0.5, 2, 5].map((hours) => ({ hours, value: 100 - 3 * hours }));
    expect(growthPerHour(points)).toBeCloseTo(-3);
  });

  it('finds no growth in values that rise and fall again', () => {
    const points = [10, 30, 30, 10].map((value, hours) => ({ hours, value }));
    expect(growthPerHour(points)).toBeCloseTo(0);
  });

  it('returns NaN for a single point', () => {
    expect(growthPerHour([{ hours: 1, value: 5 }])).toBeNaN();
  });
});
