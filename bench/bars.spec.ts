import { isTooCloseToCall, verdict } from './bars';

describe('a bar', () => {
  it.each([
    ['api.get', 0.59, 'NOT met'],
    ['api.get', 0.6, 'met'],
    ['api.get', 0.8, 'met, and the aim'],
    ['fleet.start-5000', 1.51, 'NOT met'],
    ['fleet.start-5000', 1.5, 'met'],
    ['fleet.start-5000', 1.15, 'met, and the aim'],
    ['api.health', 0.1, ''],
  ])('of %s judges %d: "%s"', (id, value, expected) => expect(verdict(id, value)).toBe(expected));

  it.each([
    ['api.get', 0.56, true],
    ['api.get', 0.64, true],
    ['api.get', 0.66, false],
    ['api.health', 0.6, false],
  ])('of %s with %d is too close to call: %p', (id, value, expected) =>
    expect(isTooCloseToCall(id, value)).toBe(expected),
  );
});
