import type { Moment } from '../../common/clock';

/** By more than this the database's clock does not drift from the monotonic one: somebody, or something, has set it. */
const TOLERANCE_MS = 60_000;

/** Finds out whether another machine's clock can be believed: not by what it says, but by whether it goes on as time does. */
export class ClockTrial {
  private first: { readonly time: Date; readonly moment: Moment } | null = null;
  /** Whether it was ever seen to be set. */
  hasJumped = false;

  /** @returns for how many milliseconds it has gone as time goes: 0 at the first look, and when it was set since the look before */
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
