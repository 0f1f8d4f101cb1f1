import type { Origin } from '../reading';
import { areTwoMeasurements, contradictions } from './completion';
import type { ReadingRow } from './reading-row';

const DAY_MS = 86_400_000;

/** How far the days of records may run against their ids, in days. */
const TOLERANCE_DAYS = 2;

/** What is known of one numbering of the records of a gateway and a kind. */
export interface Era {
  readonly era: number;
  /** Null if no id is known. */
  readonly highestId: number | null;
  /** The day of the record with the highest id; null if its time is unknown. */
  readonly lastDay: string | null;
}

const FIRST: Era = { era: 1, highestId: null, lastDay: null };

/** A record as far as its place depends on it. */
export interface PlacedRecord {
  readonly origin: Origin;
  /** Null if the record has none. */
  readonly id: number | null;
  readonly row: ReadingRow;
}

/** `same`: a further copy of a reading; `conflict`: it contradicts a reading that it should be a copy of; `new`: a reading of this era. */
export type Placement =
  | { readonly type: 'same'; readonly stored: ReadingRow }
  | { readonly type: 'conflict'; readonly stored: ReadingRow; readonly differing: readonly string[] }
  | { readonly type: 'new'; readonly era: number; readonly opensEra: boolean };

/**
 * Decides which era a record of one gateway and kind belongs to. Ids and days rise together until a gateway loses its memory and starts
 * to count anew: that begins another era, so that a new record never updates an old one with the same id.
 */
export class Eras {
  private newest: Era;
  /** Newest first. */
  private readonly older: Era[];

  /** @param known none for a gateway without readings of the kind */
  constructor(
    known: readonly Era[],
    /** Whether each sensor has ids of its own, which then say nothing about those of another one. */
    private readonly areIdsPerSensor = false,
  ) {
    const [newest = FIRST, ...older] = [...known].sort((one, other) => other.era - one.era);
    this.newest = newest;
    this.older = older;
  }

  get numbers(): number[] {
    return [this.newest, ...this.older].map(({ era }) => era);
  }

  /** @param stored readings of any era with the sensor, the id and the day of the record */
  place(record: PlacedRecord, stored: readonly ReadingRow[]): Placement {
    const byEra = [...stored].sort((one, other) => other.era - one.era);
    const same = byEra.find((row) => contradictions(row, record.row).length === 0);
    if (same) return { type: 'same', stored: same };
    const era = this.eraOf(record);
    const other = byEra.find((row) => row.era === era);
    if (era === null || (other && record.origin !== 'history')) return this.openEra();
    if (!other) return { type: 'new', era, opensEra: false };
    if (areTwoMeasurements(other, record.row)) return this.besides(byEra);
    return { type: 'conflict', stored: other, differing: contradictions(other, record.row) };
  }

  /** A record of the history whose id the newest era has for another measurement: that of an older era, or of one that was not known. */
  private besides(stored: readonly ReadingRow[]): Placement {
    const free = this.older.find(({ era }) => !stored.some((row) => row.era === era));
    return free ? { type: 'new', era: free.era, opensEra: false } : this.openEra();
  }

  /** Notes that a record is stored. */
  note({ id, row }: PlacedRecord, number: number): void {
    const { highestId } = this.newest;
    if (number !== this.newest.era || id === null || (highestId !== null && id < highestId)) return;
    this.newest = { ...this.newest, highestId: id, lastDay: dayOf(row) };
  }

  /** The era whose ids and days go with those of a record that is no copy; null if it begins another. */
  private eraOf({ origin, id, row }: PlacedRecord): number | null {
    const { era, highestId, lastDay } = this.newest;
    const day = dayOf(row);
    if (this.areIdsPerSensor || id === null || highestId === null || day === null || lastDay === null) return era;
    if (id < highestId && isLater(day, lastDay)) return null;
    // A record from before the gateway lost its memory that is still in its history.
    const [previous] = this.older;
    return previous && origin === 'history' && id > highestId && isLater(lastDay, day) ? previous.era : era;
  }

  private openEra(): Placement {
    const era = this.newest.era + 1;
    this.older.unshift(this.newest);
    this.newest = { ...FIRST, era };
    return { type: 'new', era, opensEra: true };
  }
}

/** The day that the gateway names, if that can be one of a measurement. */
function dayOf({ day, timeQuality }: ReadingRow): string | null {
  return timeQuality === 'receipt' || timeQuality === 'implausible' ? null : day;
}

function isLater(day: string, other: string): boolean {
  return Date.parse(day) - Date.parse(other) > TOLERANCE_DAYS * DAY_MS;
}
