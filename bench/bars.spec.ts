import { isTooCloseToCall, verdict } from './bars';

describe('a bar', () => {
  it.each([
    ['api.get-gateway', 0.69, 'NOT met'],
    ['api.get-gateway', 0.7, 'met'],
    ['api.get-gateway', 0.85, 'met, and the aim'],
    ['fleet.start-5000', 1.51, 'NOT met'],
    ['fleet.start-5000', 1.5, 'met'],
    ['fleet.start-5000', 1.15, 'met, and the aim'],
    ['storm.back', 2, ''],
  ])('of %s judges %d: "%s"', (id, value, expected) => expect(verdict(id, value)).toBe(expected));

  it.each([
    ['api.get-gateway', 0.66, true],
    ['api.get-gateway', 0.74, true],
    ['api.get-gateway', 0.76, false],
    ['storm.back', 1.5, false],
  ])('of %s with %d is too close to call: %p', (id, value, expected) =>
    expect(isTooCloseToCall(id, value)).toBe(expected),
  );
});
