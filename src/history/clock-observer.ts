import type { Moment } from '../common/clock';

/** A larger difference from the monotonic clock is not drift: the database's clock was changed. */
const TOLERANCE_MS = 60_000;

/** Checks whether the database's clock advances steadily, compared with the monotonic clock. It does not check the time itself. */
export class ClockObserver {
  private first: { readonly time: Date; readonly moment: Moment } | null = null;
  /** Whether a clock change was ever observed. */
  hasJumped = false;

  /** @returns milliseconds of steady running so far; 0 at the first call and after a clock change */
  look(time: Date): number {
    const moment = performance.now();
    this.first ??= { time, moment };
    const elapsedMs = moment - this.first.moment;
    if (Math.abs(time.getTime() - this.first.time.getTime() - elapsedMs) <= TOLERANCE_MS) return elapsedMs;
    this.hasJumped = true;
    this.first = { time, moment };
    return 0;
  }
}
