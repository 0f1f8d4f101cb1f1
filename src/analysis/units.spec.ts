import { convertedTo } from './units';

it.each([
  ['g', 2, 2],
  ['m_s2', 2, 19.6133],
  ['mm_s', 25.4, 25.4],
  ['in_s', 25.4, 1],
  ['um', 254, 254],
  ['mil', 25.4, 1],
] as const)('converts to %s', (unit, value, expected) => {
  expect(convertedTo(unit, Float64Array.of(value))[0]).toBeCloseTo(expected, 12);
});
