import { formatFigure, roundEnd, withUnit } from './figures';

describe('a figure', () => {
  it.each([
    [0.12345, '0.1235'],
    [1234.5, '1,235'],
    [-0.5, '-0.5'],
    [0.0000123, '1.23e-5'],
    [0, '0'],
    [-2.9e-19, '0'],
    [null, '–'],
  ])('%p is written %p', (value, text) => {
    expect(formatFigure(value)).toBe(text);
  });

  it('has its unit, if both are known', () => {
    expect([withUnit(21.5, '°C'), withUnit(21.5, ''), withUnit(null, '°C')]).toEqual(['21.5 °C', '21.5', '–']);
  });
});

it.each([
  [0.33, 0.4],
  [1, 1],
  [0.97, 1],
  [130, 150],
  [0, 1],
])('a scale that reaches %p ends at %p', (reach, end) => {
  expect(roundEnd(reach)).toBeCloseTo(end, 10);
});
