import type { ReadingKind } from '../reading';
import type { IntRange } from './int-ranges';

/** A date as the number of days since 1970-01-01. Dates are those that the gateway writes, in its own time zone. */
export type Day = number;

/** What is asked of a gateway's history. A gateway answers with the newest `max` records that fit. */
export interface HistoryRequest {
  readonly kind: ReadingKind;
  /** Empty for all sensors. */
  readonly serials: readonly number[];
  readonly start: Day | null;
  /** Gateways may or may not include the records of this day. */
  readonly end: Day | null;
  readonly max: number;
}

export interface HistoryRecord {
  readonly serial: number;
  /** The gateway's `ID`, which is only a hint: gateways may skip numbers, start anew or number each sensor on its own. */
  readonly recordId: number | null;
  /** Null if its time cannot be read. */
  readonly day: Day | null;
  /**
   * What storing it showed. `differs`: the gateway's numbers cannot be relied on, because another record is stored under its number, or
   * the same record under another number.
   */
  readonly standing: 'new' | 'known' | 'differs';
  /** Whether it was stored before the catch-up began, which may have been several runs ago. */
  readonly wasStored: boolean;
}

export type HistoryReply =
  | {
      readonly type: 'records';
      readonly records: readonly HistoryRecord[];
      /** With those that could not be read. */
      readonly count: number;
      readonly bytes: number;
    }
  /** The gateway refused the request, or did not answer in time. */
  | { readonly type: 'failed' };

/** What one gateway's behaviour has shown about one kind of record. Kept for as long as the gateway's numbering lasts. */
export interface HistoryFacts {
  /** What the record numbers count: all records of the gateway, those of each sensor, or nothing that proves anything. */
  readonly idScope: 'unknown' | 'gateway' | 'sensor' | 'none';
  /** Whether a request for some sensors is answered with their records only. */
  readonly serials: 'unknown' | 'honoured' | 'ignored';
  readonly order: 'unknown' | 'newest_first' | 'unsorted';
  /** Whether a reply has held records of the `Start` or `End` that was asked. */
  readonly startInclusive: boolean;
  readonly endInclusive: boolean;
  /** Records in the largest reply so far: the gateway's own limit is not below it. */
  readonly largestReply: number;
  /** Bytes per record of the reply with the largest; null before the first record. */
  readonly recordBytes: number | null;
}

export const NOTHING_LEARNED: HistoryFacts = {
  idScope: 'unknown',
  serials: 'unknown',
  order: 'unknown',
  startInclusive: false,
  endInclusive: false,
  largestReply: 0,
  recordBytes: null,
};

export type GapReason = 'not_at_gateway' | 'too_dense' | 'unreadable' | 'answer_missing';

/** Days of which records may be missing for good. */
export interface Gap {
  /** Empty for all sensors of the gateway. */
  readonly serials: readonly number[];
  readonly days: IntRange;
  readonly reason: GapReason;
}

const DAY_MS = 86_400_000;

/** @param text `yyyy-mm-dd` */
export function dayOf(text: string): Day {
  return Math.round(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) / DAY_MS);
}

export function textOfDay(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
