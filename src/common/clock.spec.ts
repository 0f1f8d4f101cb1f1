import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import { momentOf, pastMoment, timeOf } from './clock';

const HOUR_MS = 3_600_000;

useFakeTimersInTests({ now: new Date('2026-02-09T10:00:00Z') });

/** Changes the system clock, but not the monotonic clock. */
function setClock(byMs: number): void {
  jest.setSystemTime(Date.now() + byMs);
}

describe('timeOf', () => {
  it('returns the time of day at that moment', () => {
    const [moment, time] = [performance.now(), new Date()];
    jest.advanceTimersByTime(5000);
    expect(timeOf(moment)).toEqual(time);
    expect(timeOf(performance.now() + 1000)).toEqual(new Date(Date.now() + 1000));
  });

  it.each([
    ['an hour back', -HOUR_MS],
    ['a year ahead', 8766 * HOUR_MS],
  ])('uses the clock as it is now, after it was set %s', (_, byMs) => {
    const moment = performance.now();
    jest.advanceTimersByTime(5000);
    setClock(byMs);
    expect(timeOf(moment)).toEqual(new Date(Date.now() - 5000));
  });

  it('returns the same time for the same moment despite small steps of the clock', () => {
    const moment = performance.now() + 0.4;
    const first = timeOf(moment);
    for (let i = 0; i < 20; i += 1) {
      jest.advanceTimersByTime(10);
      setClock(i % 2 ? 1 : -1);
      expect(timeOf(moment)).toEqual(first);
    }
  });
});

describe('momentOf', () => {
  it('is the inverse of timeOf, even for times before the process started', () => {
    const time = new Date('2025-12-24T18:00:00.123Z');
    expect(timeOf(momentOf(time))).toEqual(time);
    expect(momentOf(new Date())).toBeCloseTo(performance.now());
  });
});

describe('pastMoment', () => {
  it.each([
    ['an hour ago', -HOUR_MS, -HOUR_MS],
    ['a second ahead, by the clock of another machine', 1000, 0],
    ['a year ahead, by a clock that was wrong', 8766 * HOUR_MS, null],
  ])('converts a time %s', (_, aheadMs, expectedMs) => {
    const moment = pastMoment(new Date(Date.now() + aheadMs));
    expect(moment === null ? null : timeOf(moment)).toEqual(
      expectedMs === null ? null : new Date(Date.now() + expectedMs),
    );
  });

  it('returns null without a time', () => {
    expect(pastMoment(null)).toBeNull();
  });
});
