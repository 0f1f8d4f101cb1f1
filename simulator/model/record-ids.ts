import { seedOf } from '../seeded-random';
import { recordKinds } from './records';
import type { RecordKind, StoredRecord } from './records';
import type { Timeline } from './timeline';

/**
 * How a gateway numbers its records, each kind on its own: per gateway; per sensor; `disjoint`, where a notification carries another
 * ID than the same record in the history; none at all; `skipping`, per gateway with gaps.
 */
export const idModes = ['gateway', 'sensor', 'disjoint', 'none', 'skipping'] as const;
export type IdMode = (typeof idModes)[number];

/** Where a record is reported. */
export type Channel = 'notification' | 'history';

const NOTIFIED_FROM = 500_000;
const WIDEST_STEP = 3;

/** Numbering that began again at 1. */
interface Reset {
  /** The last record before. */
  readonly number: number;
  /** Records before, by serial. */
  readonly countOf: ReadonlyMap<number, number>;
}

/** Gives records their `ID`. */
export class RecordIds {
  private readonly resets: Record<RecordKind, Reset[]> = { reading: [], temp: [], batt: [] };

  constructor(
    public mode: IdMode,
    private readonly timelineOf: (kind: RecordKind) => Timeline,
  ) {}

  /** Numbers later records from 1 again, as after a factory reset. */
  reset(serials: readonly number[], now: number): void {
    for (const kind of recordKinds) {
      const timeline = this.timelineOf(kind);
      const countOf = new Map(serials.map((serial) => [serial, timeline.countOf(serial, now)]));
      this.resets[kind].push({ number: timeline.count(now), countOf });
    }
  }

  /** Null if records have no `ID`. */
  idOf(record: StoredRecord, channel: Channel): number | null {
    const reset = this.resets[record.kind].findLast(({ number }) => number < record.number);
    if (this.mode === 'none') return null;
    if (this.mode === 'sensor') {
      return this.timelineOf(record.kind).placeOf(record) - (reset?.countOf.get(record.serial) ?? 0);
    }
    const place = record.number - (reset?.number ?? 0);
    if (this.mode === 'skipping') return WIDEST_STEP * place - (seedOf(place) % WIDEST_STEP);
    return this.mode === 'disjoint' && channel === 'notification' ? NOTIFIED_FROM + place : place;
  }
}
