import { isOpen, minutesOf } from './window';
import type { WallTime, Window } from './window';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Offsets change at whole quarters of an hour UTC, also where they change by half an hour. */
const STEP_MS = 15 * MINUTE_MS;
/** No clock is further from UTC. */
const FURTHEST_MS = 15 * 3_600_000;
/** How many offsets, and how many days, are kept. 1000 offsets are those of ten days. */
const MOST_KEPT = 1000;

/** A day of the calendar: its first instant, and that of the next day, in milliseconds since the epoch. */
export interface LocalDay {
  readonly start: number;
  readonly end: number;
}

/** Reads instants, in milliseconds since the epoch, on the clocks of a time zone. Pure but for what it remembers. */
export class ZoneClock {
  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();
  /** By local date. */
  private readonly days = new Map<number, LocalDay>();

  /** @param zone a name that Node does not know is read as UTC: it was stored by an earlier version */
  constructor(zone: string) {
    this.format = formatOf(zone) ?? formatOf('UTC') ?? new Intl.DateTimeFormat();
  }

  wallTime(at: number): WallTime {
    const local = at + this.offsetAt(at);
    return { weekday: new Date(local).getUTCDay(), minutes: Math.floor(mod(local, DAY_MS) / MINUTE_MS) };
  }

  /** The first instant of the local day of `at`, and that of the next one. A day may have 23, 24 or 25 hours, or others. */
  dayOf(at: number): LocalDay {
    const date = this.dateOf(at);
    const known = this.days.get(date);
    if (known) return known;
    const day = { start: this.firstOf(date), end: this.firstOf(date + 1) };
    remember(this.days, date, day);
    return day;
  }

  /** The first instant at or after `at` that lies in one of the windows; `at` itself if there are none. Infinity if there is none. */
  nextOpen(windows: readonly Window[], at: number): number {
    if (isOpen(windows, this.wallTime(at))) return at;
    const today = this.dateOf(at);
    const starts = windows.flatMap(({ from }) =>
      // Eight days: a window of one weekday may have passed today.
      Array.from({ length: 9 }, (_, days) => this.instantsOf((today + days) * DAY_MS + minutesOf(from) * MINUTE_MS)),
    );
    const open = starts.flat().filter((start) => start >= at && isOpen(windows, this.wallTime(start)));
    return open.length === 0 ? Infinity : Math.min(...open);
  }

  /** Days since the epoch, of the local date. */
  private dateOf(at: number): number {
    return Math.floor((at + this.offsetAt(at)) / DAY_MS);
  }

  /** The first instant of a local date. Midnight may not exist on it, or twice. */
  private firstOf(date: number): number {
    let [before, from] = [date * DAY_MS - FURTHEST_MS, date * DAY_MS + FURTHEST_MS];
    while (from - before > MINUTE_MS) {
      const middle = before + Math.floor((from - before) / 2 / MINUTE_MS) * MINUTE_MS;
      if (this.dateOf(middle) >= date) from = middle;
      else before = middle;
    }
    return from;
  }

  /**
   * The instants at which clocks show a local time: one; two where clocks are set back. Where they are set forward past it, the first
   * instant after that.
   * @param local as if it were UTC
   */
  private instantsOf(local: number): number[] {
    const [before, after] = [this.offsetAt(local - DAY_MS), this.offsetAt(local + DAY_MS)];
    const found = [local - before, local - after].filter((at) => at + this.offsetAt(at) === local);
    return found.length > 0 ? found : [this.changeBetween(local - after, local - before)];
  }

  /** The first instant with another offset than that of `before`. */
  private changeBetween(before: number, until: number): number {
    const offset = this.offsetAt(before);
    let at = Math.ceil(before / STEP_MS) * STEP_MS;
    while (at < until && this.offsetAt(at) === offset) at += STEP_MS;
    return at;
  }

  /** What is added to UTC, in milliseconds. */
  private offsetAt(at: number): number {
    const step = Math.floor(at / STEP_MS);
    const known = this.offsets.get(step);
    if (known !== undefined) return known;
    const offset = readOffset(this.format, step * STEP_MS);
    remember(this.offsets, step, offset);
    return offset;
  }
}

/** Bounds what is kept: it is found again quickly. */
function remember<Value>(values: Map<number, Value>, key: number, value: Value): void {
  if (values.size >= MOST_KEPT) values.clear();
  values.set(key, value);
}

function formatOf(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch {
    return null;
  }
}

function readOffset(format: Intl.DateTimeFormat, at: number): number {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - at;
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}
