/** How a gateway writes the time of a record. `unreadable` is text that no date can be read from. */
export const timeFormats = ['day', 'minute', 'second', 'unreadable'] as const;
export type TimeFormat = (typeof timeFormats)[number];

/** A gateway's clock, and how it writes times. */
export interface ClockSettings {
  /** IANA name of the zone in which it writes times, such as `Europe/Berlin`. */
  readonly zone: string;
  /** By how much it is fast, in milliseconds; negative if it is slow. */
  readonly offsetMs: number;
  /** Null: as the profile writes them. */
  readonly format: TimeFormat | null;
}

export const accurateClock: ClockSettings = { zone: 'UTC', offsetMs: 0, format: null };

/** Zones change their offset at whole quarters of an hour only, so one offset is computed for each. */
const QUARTER_MS = 900_000;
const KNOWN_OFFSETS = 100_000; // Almost three years.

const DAY_MS = 86_400_000;

/** The clock of one gateway. A change applies to later records; earlier ones keep the time they were written with. */
export class GatewayClock {
  private readonly changes: { readonly from: number; readonly settings: ClockSettings }[];

  constructor(settings: ClockSettings) {
    this.changes = [{ from: -Infinity, settings }];
  }

  /** Sets the clock for records measured at `now` or later. @throws RangeError for an unknown zone */
  set(settings: Partial<ClockSettings>, now: number): void {
    const changed = { ...this.at(now), ...settings };
    checkZone(changed.zone);
    this.changes.push({ from: now, settings: changed });
  }

  /** The time of a record measured at `at`, true epoch milliseconds, as this gateway writes it. */
  textOf(at: number, usual: TimeFormat): string {
    const format = this.at(at).format ?? usual;
    if (format === 'unreadable') return 'clock not set';
    const text = this.localTime(at).toISOString();
    if (format === 'day') return text.slice(0, 10);
    return text.slice(0, format === 'minute' ? 16 : 19).replace('T', ' ');
  }

  /** The day of a record by this clock, `yyyy-mm-dd`. */
  dayOf(at: number): string {
    return this.localTime(at).toISOString().slice(0, 10);
  }

  /**
   * Between which times, true epoch milliseconds, this clock can have shown these days, `yyyy-mm-dd`: wide by a day on each side for the
   * zone. NaN for what is no day.
   */
  spanOf(start: string | null, end: string | null): { readonly from: number; readonly to: number } {
    const offsets = this.changes.map(({ settings }) => settings.offsetMs);
    return {
      from: start === null ? -Infinity : startOf(start) - Math.max(...offsets) - DAY_MS,
      to: end === null ? Infinity : startOf(end) - Math.min(...offsets) + 2 * DAY_MS,
    };
  }

  /** A date whose UTC fields are the local ones. */
  private localTime(at: number): Date {
    const { zone, offsetMs } = this.at(at);
    const shown = at + offsetMs;
    return new Date(zone === accurateClock.zone ? shown : shown + zoneOffset(zone, shown));
  }

  private at(at: number): ClockSettings {
    return this.changes.findLast(({ from }) => from <= at)?.settings ?? accurateClock;
  }
}

/** When a day, `yyyy-mm-dd`, begins in UTC. */
function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** @throws RangeError for an unknown zone */
export function checkZone(zone: string): void {
  if (zone !== accurateClock.zone) new Intl.DateTimeFormat('en', { timeZone: zone });
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
}

const zones = new Map<string, Zone>();

/** By how many milliseconds the zone is ahead of UTC at this time. */
function zoneOffset(name: string, at: number): number {
  let zone = zones.get(name);
  if (!zone) {
    zone = {
      format: new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' }),
      offsets: new Map(),
    };
    zones.set(name, zone);
  }
  const quarter = Math.floor(at / QUARTER_MS);
  let offset = zone.offsets.get(quarter);
  if (offset === undefined) {
    offset = readOffset(zone.format, quarter * QUARTER_MS);
    if (zone.offsets.size >= KNOWN_OFFSETS) zone.offsets.clear();
    zone.offsets.set(quarter, offset);
  }
  return offset;
}

function readOffset(format: Intl.DateTimeFormat, at: number): number {
  const text = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(text) ?? []; // `GMT` alone is no offset.
  const offset = Number(hours ?? 0) * 3_600_000 + Number(minutes ?? 0) * 60_000;
  return sign === '-' ? -offset : offset;
}
