import type { Origin } from '../reading';
import { contradictions } from './completion';
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
  /** Newest first. */
  private readonly eras: Era[];

  /** @param known none for a gateway without readings of the kind */
  constructor(
    known: readonly Era[],
    /** Whether each sensor has ids of its own, which then say nothing about those of another one. */
    private readonly areIdsPerSensor = false,
  ) {
    this.eras = [...known].sort((one, other) => other.era - one.era);
    if (this.eras.length === 0) this.eras.push({ era: 1, highestId: null, lastDay: null });
  }

  get numbers(): number[] {
    return this.eras.map(({ era }) => era);
  }

  /** @param stored readings of any era with the sensor, the id and the day of the record */
  place(record: PlacedRecord, stored: readonly ReadingRow[]): Placement {
    const byEra = [...stored].sort((one, other) => other.era - one.era);
    const same = byEra.find((row) => contradictions(row, record.row).length === 0);
    if (same) return { type: 'same', stored: same };
    const inNewest = byEra.find(({ era }) => era === this.newest.era);
    if (!inNewest) return this.placeNew(record);
    if (record.origin !== 'history') return this.openEra();
    return { type: 'conflict', stored: inNewest, differing: contradictions(inNewest, record.row) };
  }

  /** Notes that a record is stored. */
  note({ id, row }: PlacedRecord, number: number): void {
    const index = this.eras.findIndex(({ era }) => era === number);
    const era = this.eras[index];
    if (!era || id === null || (era.highestId !== null && id < era.highestId)) return;
    this.eras[index] = { ...era, highestId: id, lastDay: dayOf(row) };
  }

  private get newest(): Era {
    return this.eras[0] as Era;
  }

  private placeNew({ origin, id, row }: PlacedRecord): Placement {
    const { era, highestId, lastDay } = this.newest;
    const day = dayOf(row);
    const [older] = this.eras.slice(1);
    if (id !== null && highestId !== null && day !== null && lastDay !== null && !this.areIdsPerSensor) {
      if (id < highestId && isLater(day, lastDay)) return this.openEra();
      // A record from before the gateway lost its memory that is still in its history.
      if (older && origin === 'history' && id > highestId && isLater(lastDay, day)) {
        return { type: 'new', era: older.era, opensEra: false };
      }
    }
    return { type: 'new', era, opensEra: false };
  }

  private openEra(): Placement {
    const era = this.newest.era + 1;
    this.eras.unshift({ era, highestId: null, lastDay: null });
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
