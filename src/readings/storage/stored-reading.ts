import type { ReadingKind } from '../reading';
import type { ReadingRow } from './reading-row';

/**
 * What became of a record. `completed`: its reading was stored before, and lacked something that the record has; `conflict`: it
 * contradicts its reading, and is kept beside the readings; `orphaned`: its gateway is no longer in the database.
 */
export type StoreOutcome = 'new' | 'completed' | 'unchanged' | 'conflict' | 'orphaned';

/** A record that was given to the repository, after the commit. */
export interface StoredReading {
  readonly outcome: StoreOutcome;
  readonly kind: ReadingKind;
  readonly gatewayId: string;
  readonly serial: number;
  /** Whether the gateway has begun to number its records anew, as this record shows. */
  readonly opensEra: boolean;
  /** Null if it is orphaned. */
  readonly owner: ReadingOwner | null;
  /** The reading as it is stored now; null if the record is orphaned. */
  readonly row: ReadingRow | null;
}

/** Whose reading it is. */
export interface ReadingOwner {
  readonly organizationId: string;
  readonly factoryId: string;
  readonly sensorId: string;
  readonly sensorNumber: number;
}

/** The public id of a reading. */
export function readingIdOf({ day, number }: Pick<ReadingRow, 'day' | 'number'>): string {
  return `${day}-${number}`;
}
