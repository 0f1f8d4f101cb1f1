import { lineTime } from './line-time';

describe('the time of a log line', () => {
  afterEach(() => jest.useRealTimers());

  it('is the time of the clock, to the millisecond, even after the clock is set back', () => {
    jest.useFakeTimers({ now: new Date('2026-02-09T10:00:00.001Z') });
    expect(lineTime()).toBe(',"time":"2026-02-09T10:00:00.001Z"');
    expect(lineTime()).toBe(',"time":"2026-02-09T10:00:00.001Z"');
    jest.advanceTimersByTime(1);
    expect(lineTime()).toBe(',"time":"2026-02-09T10:00:00.002Z"');
    jest.setSystemTime(new Date('2026-02-09T09:00:00Z'));
    expect(lineTime()).toBe(',"time":"2026-02-09T09:00:00.000Z"');
  });
});
