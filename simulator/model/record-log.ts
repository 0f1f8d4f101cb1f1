import { RangeSet } from './range-set';
import { recordKinds } from './records';
import type { RecordKind, StoredRecord } from './records';
import type { Sensor } from './sensors';
import { Timeline } from './timeline';

/** Milliseconds between two measurements of each sensor, by kind. Null: no schedule. */
export type Schedule = Readonly<Record<RecordKind, number | null>>;

/** How much the gateway keeps of each kind. */
export interface Depth {
  /** Records, the newest ones. */
  readonly count: number;
  /** Days since they were measured. */
  readonly days: number;
}

/** Schedules began here, so that restarting the simulator with the same options gives the same records. */
const BEGAN_AT = Date.UTC(2025, 0, 1);

/** Short intervals began later, or their numbers would outgrow every table: at the turn before last of so many intervals. */
const TURN = 250_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Kinds without a schedule have records from before the simulation began: one an hour, the newest an hour old. */
const PAST = 60;

const USUAL_DEPTH: Depth = { count: 100, days: Infinity };
const USUAL_DEPTH_OF_A_SCHEDULE: Depth = { count: Infinity, days: 30 };

/** Unscheduled records remembered of a kind with a schedule. */
const KEPT = 10_000;

/** The measurements of one gateway, and how many of them it still has. All times are epoch milliseconds. */
export class RecordLog {
  readonly timelines: Readonly<Record<RecordKind, Timeline>> = {
    reading: new Timeline('reading'),
    temp: new Timeline('temp'),
    batt: new Timeline('batt'),
  };
  readonly deleted: Readonly<Record<RecordKind, RangeSet>> = {
    reading: new RangeSet(),
    temp: new RangeSet(),
    batt: new RangeSet(),
  };

  /** @param depth what is given here replaces the usual depth: 100 records, or 30 days of a schedule */
  constructor(
    sensors: readonly Sensor[],
    now: number,
    private schedule: Schedule,
    public depth: Partial<Depth>,
  ) {
    for (const kind of recordKinds) {
      if (schedule[kind] === null) this.remember(kind, sensors, now);
    }
    for (const sensor of sensors) if (sensor.connected) this.begin(sensor, now, true);
  }

  /** The sensor measures on schedule from now on, or has done so since the schedule began. */
  begin({ serial, settings }: Sensor, now: number, sinceItBegan = false): void {
    for (const kind of recordKinds) {
      const everyMs = this.schedule[kind];
      if (everyMs === null) continue;
      const phase = BEGAN_AT + Math.floor(shareOf(serial) * everyMs);
      const after = sinceItBegan ? beganAt(everyMs, now) : now;
      this.timelines[kind].begin({ serial, settings, everyMs, phase, after, until: Infinity });
    }
  }

  /** The sensor measures nothing on schedule after this time. */
  end(serial: number, at: number): void {
    for (const kind of recordKinds) this.timelines[kind].end(serial, at);
  }

  /** Replaces the schedule of these sensors after this time. */
  reschedule(schedule: Partial<Schedule>, sensors: readonly Sensor[], now: number): void {
    this.schedule = { ...this.schedule, ...schedule };
    for (const { serial } of sensors) this.end(serial, now);
    for (const sensor of sensors) if (sensor.connected) this.begin(sensor, now);
  }

  /** Stores a measurement that is not on the schedule. */
  add(kind: RecordKind, { serial, settings }: Sensor, now: number): StoredRecord {
    const { count } = this.depthOf(kind);
    return this.timelines[kind].add(serial, settings, now, Math.min(KEPT, Math.max(USUAL_DEPTH.count, count)));
  }

  /** What the gateway still has, newest first. */
  *held(kind: RecordKind, now: number): Generator<StoredRecord, void> {
    const oldest = this.oldestHeld(kind, now);
    if (oldest === null) return;
    for (const record of this.timelines[kind].newestFirst(now)) {
      if (record.number < oldest) return;
      if (!this.deleted[kind].has(record.number)) yield record;
    }
  }

  /** The number of the oldest record that the gateway still has. Null if it has none. */
  oldestHeld(kind: RecordKind, now: number): number | null {
    const timeline = this.timelines[kind];
    const { count, days } = this.depthOf(kind);
    const generated = timeline.count(now);
    let oldest = 1 + Math.max(0, generated - count, timeline.countBefore(now - days * DAY_MS));
    while (this.deleted[kind].has(oldest)) oldest += 1;
    return oldest <= generated ? oldest : null;
  }

  /** What was measured on schedule after one time and until another, oldest first. */
  scheduled(after: number, until: number): StoredRecord[] {
    return recordKinds.flatMap((kind) => this.scheduledOf(kind, after, until)).sort((a, b) => a.at - b.at);
  }

  /** When the next scheduled measurement after this time is due. Null if none is. */
  nextDue(after: number): number | null {
    const due = recordKinds.flatMap((kind) => this.timelines[kind].nextDue(after) ?? []);
    return due.length > 0 ? Math.min(...due) : null;
  }

  /** Deletes all records, as a factory reset does. */
  clear(now: number): void {
    for (const kind of recordKinds) this.deleted[kind].add(1, this.timelines[kind].count(now));
  }

  private scheduledOf(kind: RecordKind, after: number, until: number): StoredRecord[] {
    const found: StoredRecord[] = [];
    if (this.schedule[kind] === null) return found;
    for (const record of this.timelines[kind].newestFirst(until)) {
      if (record.at <= after) break;
      if (record.scheduled) found.unshift(record);
    }
    return found;
  }

  private depthOf(kind: RecordKind): Depth {
    return { ...(this.schedule[kind] === null ? USUAL_DEPTH : USUAL_DEPTH_OF_A_SCHEDULE), ...this.depth };
  }

  private remember(kind: RecordKind, sensors: readonly Sensor[], now: number): void {
    const everyMs = sensors.length * HOUR_MS;
    const after = now - (PAST + 0.5) * HOUR_MS;
    for (const [index, { serial, settings }] of sensors.entries()) {
      const phase = now - (index + 1) * HOUR_MS;
      this.timelines[kind].begin({ serial, settings, everyMs, phase, after, until: now - HOUR_MS / 2 });
    }
  }
}

function beganAt(everyMs: number, now: number): number {
  const turnMs = TURN * everyMs;
  return Math.max(BEGAN_AT, (Math.floor(now / turnMs) - 1) * turnMs);
}

/** Spreads sensors over the interval, whichever gateway they are at: 0 to 1. */
function shareOf(serial: number): number {
  return (serial * 0.618_033_988_75) % 1;
}
