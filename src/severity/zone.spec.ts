import { worstOf, zoneOf } from './zone';

const LIMITS = { boundaryAb: 2.3, boundaryBc: 4.5, boundaryCd: 7.1 };

it.each([
  [0, 'A'],
  [2.3, 'A'],
  [2.31, 'B'],
  [4.5, 'B'],
  [4.51, 'C'],
  [7.1, 'C'],
  [7.11, 'D'],
  [1000, 'D'],
])('%d mm/s is in zone %s', (velocity, zone) => {
  expect(zoneOf(velocity, LIMITS)).toBe(zone);
});

it('the worst zone counts, and is unknown if one is', () => {
  expect([worstOf(['A', 'C', 'B']), worstOf(['A', null, 'D']), worstOf([])]).toEqual(['C', null, null]);
});
