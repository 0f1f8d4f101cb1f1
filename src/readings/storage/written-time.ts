/** The time of a measurement as the gateway has written it. */
export interface WrittenTime {
  /** `yyyy-mm-dd`. */
  readonly day: string;
  /** Date and time of day without a zone, as PostgreSQL reads a `timestamp`. */
  readonly local: string;
  /** The offset from UTC that follows the time, such as `+02:00`; null, as usual, if there is none. */
  readonly offset: string | null;
  readonly precision: TimePrecision;
}

export type TimePrecision = 'day' | 'minute' | 'second';

const PRECISIONS: readonly TimePrecision[] = ['day', 'minute', 'second'];

const WRITTEN = /^(\d{4}-\d\d-\d\d)(?:(?:T| +)(\d\d:\d\d)(:\d\d(?:\.\d{1,6})?)? ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** What was read last: of the records of a batch, many have the same time. */
let last: { readonly text: string; readonly time: WrittenTime | null } = { text: '', time: null };

/**
 * Reads `yyyy-mm-dd`, with or without a time of day: `T` or spaces before it, seconds and an offset after it.
 * @returns null for another form, and for dates and times that do not exist
 */
export function readTime(text: string | null): WrittenTime | null {
  if (text === null) return null;
  if (text !== last.text) last = { text, time: parseTime(text) };
  return last.time;
}

function parseTime(text: string): WrittenTime | null {
  const [, day, minutes, seconds, offset] = WRITTEN.exec(text.trim()) ?? [];
  if (day === undefined) return null;
  const local = `${day} ${minutes ?? '00:00'}${seconds ?? ':00'}`;
  if (!exists(local) || !isOffset(offset ?? 'Z')) return null;
  const precision = minutes === undefined ? 'day' : seconds === undefined ? 'minute' : 'second';
  return { day, local, offset: offset?.toUpperCase() ?? null, precision };
}

/** Whether the first time is written with more detail than the second. */
export function isFiner({ precision }: WrittenTime, other: WrittenTime): boolean {
  return PRECISIONS.indexOf(precision) > PRECISIONS.indexOf(other.precision);
}

/** Whether two times can be one, written with different detail. */
export function isSameTime(one: WrittenTime, other: WrittenTime): boolean {
  const [shorter, longer] = isFiner(one, other) ? [other, one] : [one, other];
  const digits = { day: 10, minute: 16, second: longer.local.length }[shorter.precision];
  return shorter.local.slice(0, digits) === longer.local.slice(0, digits);
}

/** JavaScript rolls over what does not exist: 30 February becomes 2 March. */
function exists(local: string): boolean {
  const at = new Date(`${local.slice(0, 10)}T${local.slice(11, 19)}Z`); // An invalid one has NaN as its day.
  return at.getUTCDate() === Number(local.slice(8, 10)) && local >= '0001';
}

/** PostgreSQL knows offsets of less than sixteen hours. */
function isOffset(offset: string): boolean {
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.replace(':', '').slice(3, 5))];
  return hours < 16 && minutes < 60;
}
