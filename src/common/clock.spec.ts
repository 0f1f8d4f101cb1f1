import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import { momentOf, pastMoment, timeOf } from './clock';

const HOUR_MS = 3_600_000;

useFakeTimersInTests({ now: new Date('2026-02-09T10:00:00Z') });

/** Changes the system clock, but not the monotonic clock. */
function setClock(byMs: number): void {
  jest.setSystemTime(Date.now() + byMs);
}

describe('timeOf', () => {
  it('is the time of day at that moment', () => {
    const [moment, time] = [performance.now(), new Date()];
    jest.advanceTimersByTime(5000);
    expect(timeOf(moment)).toEqual(time);
    expect(timeOf(performance.now() + 1000)).toEqual(new Date(Date.now() + 1000));
  });

  it.each([
    ['an hour back', -HOUR_MS],
    ['a year ahead', 8766 * HOUR_MS],
  ])('goes by the clock as it is now, which was set %s', (_, byMs) => {
    const moment = performance.now();
    jest.advanceTimersByTime(5000);
    setClock(byMs);
    expect(timeOf(moment)).toEqual(new Date(Date.now() - 5000));
  });

  it('gives one time for one moment while nobody sets the clock, and a step of it is too small', () => {
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
  it('is the way back, also to before the process began', () => {
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
  ])('of a time %s', (_, aheadMs, expectedMs) => {
    const moment = pastMoment(new Date(Date.now() + aheadMs));
    expect(moment === null ? null : timeOf(moment)).toEqual(
      expectedMs === null ? null : new Date(Date.now() + expectedMs),
    );
  });

  it('of none is none', () => {
    expect(pastMoment(null)).toBeNull();
  });
});
