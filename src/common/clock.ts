/**
 * A moment by the monotonic clock: what `performance.now()` said, in milliseconds. Moments can be compared with each other and waited
 * for whatever anybody does to the system's clock; they mean nothing outside this process. A moment before its start is negative.
 */
export type Moment = number;

/** By less than this the two clocks may drift apart, or be read too far from each other, and nobody has set anything. */
const TOLERANCE_MS = 500;

/** By so much the clocks of two machines may differ when all is well. */
const OTHER_CLOCKS_MS = 60_000;

/** What turns a moment into a time of day. Kept, and not read anew each time, so that one moment always gives one time. */
let offsetMs = readOffset();

/** The time of day of a moment, by the system's clock as it is now: when the clock is set, it gives another one from then on. */
export function timeOf(moment: Moment): Date {
  return new Date(Math.round(moment + currentOffset()));
}

/** The moment of a time of day, by the system's clock as it is now. */
export function momentOf(time: Date): Moment {
  return time.getTime() - currentOffset();
}

/**
 * The moment of a time of day that was stored, and so is past. One that lies a little ahead is now: two machines never agree to the
 * millisecond. Null for one that lies further ahead: the clock that it came from was wrong, and nobody knows when it was.
 */
export function pastMoment(time: Date | null): Moment | null {
  if (time === null) return null;
  const [moment, now] = [momentOf(time), performance.now()];
  return moment > now + OTHER_CLOCKS_MS ? null : Math.min(moment, now);
}

function currentOffset(): number {
  const offset = readOffset();
  if (Math.abs(offset - offsetMs) > TOLERANCE_MS) offsetMs = offset;
  return offsetMs;
}

function readOffset(): number {
  return Date.now() - performance.now();
}
