import { FailedAttempts, TooManyAttemptsError } from './failed-attempts';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function fail(attempts: FailedAttempts, client: string, times: number): void {
  for (let n = 0; n < times; n += 1) attempts.note(client);
}

describe('failed attempts', () => {
  it('SEC-02: 20 a minute are looked at, then none until the minute is over', () => {
    const attempts = new FailedAttempts();
    fail(attempts, 'a', 19);
    expect(() => attempts.requireRoom('a')).not.toThrow();
    jest.advanceTimersByTime(20_000);
    fail(attempts, 'a', 1);
    expect(() => attempts.requireRoom('a')).toThrow(TooManyAttemptsError);
    expect(() => attempts.requireRoom('a')).toThrow(expect.objectContaining({ retryAfterSeconds: 40 }) as Error);
    expect(() => attempts.requireRoom('b')).not.toThrow();
    jest.advanceTimersByTime(40_000);
    expect(() => attempts.requireRoom('a')).not.toThrow();
    fail(attempts, 'a', 20);
    expect(() => attempts.requireRoom('a')).toThrow(TooManyAttemptsError);
  });

  it('SEC-02: an old window does not count for a later one', () => {
    const attempts = new FailedAttempts();
    fail(attempts, 'a', 19);
    jest.advanceTimersByTime(60_001);
    fail(attempts, 'a', 19);
    expect(() => attempts.requireRoom('a')).not.toThrow();
  });

  it('SEC-02: a flood of addresses drops the oldest, and keeps the latest', () => {
    const attempts = new FailedAttempts();
    fail(attempts, 'old', 20);
    for (let n = 0; n < 9_999; n += 1) attempts.note(`client ${n}`);
    expect(() => attempts.requireRoom('old')).toThrow(TooManyAttemptsError);
    fail(attempts, 'new', 20);
    expect(() => attempts.requireRoom('old')).not.toThrow();
    expect(() => attempts.requireRoom('new')).toThrow(TooManyAttemptsError);
  });
});
