import {
  accepted,
  granted,
  isDoubtful,
  mustRecord,
  permissionOf,
  recorded,
  refused,
  unanswered,
  unproven as untried,
} from './login-standing';
import {
  later,
  neverAnswered,
  now,
  proven,
  refusedOnce,
  spent,
  unproven,
} from '../connections/session/session.machine.harness';

const afterwards = later + 1;

describe('the outcomes of a login', () => {
  it('begin without any outcome, and have no refusals once they are accepted', () => {
    expect([untried, accepted]).toEqual([unproven, proven]);
  });

  it.each([
    ['were never tried', unproven, true],
    ['were refused once', refusedOnce, true],
    ['were accepted, and refused since', { ...refusedOnce, accepted: true }, true],
    ['were accepted, and are counted by a login whose outcome is open', { ...proven, refusals: 1 }, true],
    ['were accepted, and refused in a test', { ...proven, nextLoginAt: later }, true],
    ['were accepted last', proven, false],
  ])('that %s are recorded before they are sent only if necessary: %j', (_, standing, isNeeded) => {
    expect(mustRecord(standing)).toBe(isNeeded);
  });

  it.each([
    ['never tried', unproven, now, 'now'],
    ['accepted last', proven, now, 'now'],
    ['accepted last, and refused in a test', { ...proven, nextLoginAt: later }, now, 'now'],
    ['refused, before the time', refusedOnce, now, 'later'],
    ['refused, at the time', refusedOnce, later, 'now'],
    ['refused twice, after the time', { ...refusedOnce, refusals: 2 }, afterwards, 'now'],
    ['refused three times', spent, afterwards, 'never'],
    ['refused more often', { ...spent, refusals: 9 }, afterwards, 'never'],
    ['tried twice, and nobody knows what came of it', { ...neverAnswered, refusals: 2 }, now, 'now'],
    ['tried three times, and nobody knows what came of it', neverAnswered, now, 'later'],
  ] as const)('have the right permission for a try when %s: %j', (_, standing, at, permission) => {
    expect(permissionOf(standing, at)).toBe(permission);
  });

  it('count a refusal once, recorded before or not', () => {
    expect(refused(recorded(unproven), later)).toEqual(refusedOnce);
    expect(refused(proven, later)).toEqual({ ...proven, refusals: 1, nextLoginAt: later });
  });

  it('do not count a try without an answer as a refusal', () => {
    expect(unanswered(recorded(refusedOnce))).toEqual({ ...refusedOnce, unanswered: 1 });
    expect(unanswered(proven)).toEqual(proven);
  });

  it('are doubtful after five unanswered logins in a row', () => {
    const fiveTimes = [1, 2, 3, 4, 5].reduce((standing) => unanswered(recorded(standing)), unproven);
    expect(isDoubtful(fiveTimes)).toBe(true);
    expect(isDoubtful({ ...fiveTimes, unanswered: 4 })).toBe(false);
  });

  it.each([
    ['silent', spent, 2],
    ['in silence for long', { ...spent, refusals: 9 }, 2],
    ['waiting for its time', refusedOnce, 1],
  ])('get one try from an order, but no extra one while tries are left: %s', (_, standing, refusals) => {
    const ordered = granted(standing, now);
    expect(ordered).toEqual({ ...standing, refusals, nextLoginAt: now });
    expect(permissionOf(ordered, now)).toBe('now');
    expect(granted(ordered, now)).toEqual(ordered);
  });

  it('are not marked as refused by an order', () => {
    expect(granted(neverAnswered, now)).toEqual({ ...neverAnswered, refusals: 2 });
    expect(granted(proven, now)).toEqual(proven);
  });
});
