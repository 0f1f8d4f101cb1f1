/**
 * A point in time on the monotonic clock: a value of `performance.now()`, in milliseconds. Moments can be compared and waited for
 * regardless of changes to the system clock. They mean nothing outside this process, and are negative before its start.
 */
export type Moment = number;

/** A smaller difference between the two clocks is drift or the delay between two reads, not a clock change. */
const TOLERANCE_MS = 500;

/** Normal difference between the clocks of two machines. */
const OTHER_CLOCKS_MS = 60_000;

/** Offset from moments to wall-clock time. Cached, so that a moment always maps to the same time while the clock is not changed. */
let offsetMs = readOffset();

/** The wall-clock time of a moment, by the current system clock. The result changes after the clock is changed. */
export function timeOf(moment: Moment): Date {
  return new Date(Math.round(moment + currentOffset()));
}

/** The same in microseconds since 1970. Moments and these numbers are in the same order. */
export function microsecondsOf(moment: Moment): number {
  return Math.round((moment + currentOffset()) * 1000);
}

/** The moment of a wall-clock time, by the current system clock. */
export function momentOf(time: Date): Moment {
  return time.getTime() - currentOffset();
}

/**
 * The moment of a stored time, which must be in the past. A time slightly in the future becomes now, since clocks of two machines
 * never agree exactly. A time further ahead gives null: it was written with a wrong clock, so the real time is unknown.
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
