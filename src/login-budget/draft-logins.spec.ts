import { Secret } from '../crypto/secret';
import { DraftLogins } from './draft-logins';
import type { DraftLogin } from './draft-logins';

const RETRY_MS = 300_000;
const login: DraftLogin = { url: 'ws://10.0.0.7/a', email: 'ops@example.org', password: Secret.of('guess') };

function refusedTimes(times: number, logins = new DraftLogins(RETRY_MS)): DraftLogins {
  for (let i = 0; i < times; i += 1) logins.refused(login);
  return logins;
}

describe('SEC-16: DraftLogins', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each([0, 1, 2])('allows a login that was refused %d times', (times) => {
    expect(refusedTimes(times).isAllowed(login)).toBe(true);
  });

  it('allows one more login per interval after three refusals', () => {
    const logins = refusedTimes(3);
    expect(logins.isAllowed(login)).toBe(false);
    jest.advanceTimersByTime(RETRY_MS - 1);
    expect(logins.isAllowed(login)).toBe(false);
    jest.advanceTimersByTime(1);
    expect(logins.isAllowed(login)).toBe(true);
    logins.refused(login);
    expect(logins.isAllowed(login)).toBe(false);
  });

  it('forgets the refusals of a login that is accepted', () => {
    const logins = refusedTimes(3);
    logins.accepted(login);
    expect(logins.isAllowed(login)).toBe(true);
    expect(refusedTimes(2, logins).isAllowed(login)).toBe(true);
  });

  it.each<[string, Partial<DraftLogin>]>([
    ['path', { url: 'ws://10.0.0.7/b?c' }],
    ['spelling of the origin', { url: 'WS://10.0.0.7:80' }],
    ['case of the e-mail', { email: 'OPS@Example.org' }],
  ])('treats a login with another %s as the same', (_, changes) => {
    expect(refusedTimes(3).isAllowed({ ...login, ...changes })).toBe(false);
  });

  it.each<[string, Partial<DraftLogin>]>([
    ['origin', { url: 'ws://10.0.0.8/a' }],
    ['e-mail', { email: 'other@example.org' }],
    ['password', { password: Secret.of('another guess') }],
  ])('counts a login with another %s separately', (_, changes) => {
    expect(refusedTimes(3).isAllowed({ ...login, ...changes })).toBe(true);
  });

  it('counts e-mails separately that are equal in upper case only', () => {
    const logins = new DraftLogins(RETRY_MS);
    for (let i = 0; i < 3; i += 1) logins.refused({ ...login, email: 'straße@example.org' });
    expect(logins.isAllowed({ ...login, email: 'strasse@example.org' })).toBe(true);
  });

  it('remembers ten thousand logins, and drops the one that was refused longest ago', () => {
    const logins = refusedTimes(3);
    const other = (number: number): DraftLogin => ({ ...login, email: `${number}@example.org` });
    for (let i = 0; i < 5000; i += 1) logins.refused(other(i));
    logins.refused(login);
    for (let i = 5000; i < 9999; i += 1) logins.refused(other(i));
    expect(logins.isAllowed(login)).toBe(false);

    for (let i = 10_000; i < 15_000; i += 1) logins.refused(other(i));
    expect(logins.isAllowed(login)).toBe(false);
    logins.refused(other(15_000));
    expect(logins.isAllowed(login)).toBe(true);
  });

  it('identifies a login by a digest that other processes cannot reproduce', () => {
    const digest = new DraftLogins(RETRY_MS).digest(login);
    expect(Buffer.from(digest, 'base64')).toHaveLength(32);
    expect(new DraftLogins(RETRY_MS).digest(login)).not.toBe(digest);
  });
});
