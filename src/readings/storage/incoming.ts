import type { EncodedReading } from '../reading';
import type { ReadingOwner } from './stored-reading';
import { figuresOf } from './reading-row';
import type { Figures, ReadingRow } from './reading-row';
import { gatewayIdOf, storedIdOf } from './record-id';
import type { TimeQuality } from './time-quality';
import type { RateSource } from './vibration-reading.entity';
import { readTime } from './written-time';
import type { WrittenTime } from './written-time';

const DAY_MS = 86_400_000;
const LEAST_PLAUSIBLE = new Date('2000-01-01T00:00:00Z');
/** Later than this after the receipt, a time is implausible. */
const AHEAD_MS = 2 * DAY_MS;
/** How many days before its receipt another copy of a record without a readable time may have been received. */
const UNDATED_DAYS = 31;

/** A record of a batch, as far as it is known without the database. */
export interface DatedRecord {
  readonly position: number;
  readonly reading: EncodedReading;
  readonly id: number | null;
  readonly recordId: string;
  readonly time: WrittenTime | null;
  /** The date that the gateway wrote, or that of the receipt in UTC. */
  readonly day: string;
}

/** What the database says about a record. */
export interface RecordContext {
  readonly owner: ReadingOwner;
  readonly sampleRateHz: number | null;
  readonly rateSource: RateSource | null;
  readonly measuredAt: Date;
  readonly isAmbiguous: boolean;
  readonly isShifted: boolean;
  /** Drawn from `reading_numbers`. */
  readonly drawn: number;
}

export function toDatedRecord(reading: EncodedReading, position: number): DatedRecord {
  const time = readTime(reading.timeText);
  const day = time?.day ?? utcDay(reading.receivedAt);
  return { position, reading, id: gatewayIdOf(reading), recordId: storedIdOf(reading), time, day };
}

/** The days on which another copy of a record may be stored. */
export function possibleDays({ time, day, reading }: DatedRecord): string[] {
  if (time) return [day];
  const received = reading.receivedAt.getTime();
  return Array.from({ length: UNDATED_DAYS + 1 }, (_, days) => utcDay(new Date(received - days * DAY_MS)));
}

/**
 * The row of a new reading. Its era is not decided yet.
 * @param velocities those that could be computed; null if there are none
 */
export function toRow(record: DatedRecord, context: RecordContext, velocities: Figures | null = null): ReadingRow {
  const { reading, recordId, day } = record;
  // One literal: this is done for each record, and spreading objects takes several times as long.
  return {
    sensorNumber: context.owner.sensorNumber,
    era: 0,
    recordId,
    day,
    number: context.drawn,
    feedPosition: context.drawn,
    measuredAt: context.measuredAt,
    receivedAt: reading.receivedAt,
    timeText: reading.timeText,
    timeQuality: qualityOf(record, context),
    origin: reading.origin,
    extra: reading.extra,
    figures: velocities ? { ...figuresOf(reading), ...velocities } : figuresOf(reading),
    waveform: reading.kind !== 'vibration' ? null : waveformOf(reading, context),
  };
}

function waveformOf(
  { samples, axes }: EncodedReading,
  { sampleRateHz, rateSource }: RecordContext,
): ReadingRow['waveform'] {
  const waveformState = Object.keys(axes).length > 0 ? 'stored' : 'none';
  return { samples: samples ?? 0, sampleRateHz, rateSource, waveformState };
}

function qualityOf({ time, reading }: DatedRecord, { measuredAt, isAmbiguous, isShifted }: RecordContext): TimeQuality {
  if (!time) return 'receipt';
  if (measuredAt < LEAST_PLAUSIBLE || isAhead(measuredAt, reading.receivedAt)) return 'implausible';
  if (time.precision === 'day') return 'day';
  if (isAmbiguous) return 'ambiguous';
  return isShifted ? 'shifted' : time.precision;
}

/** Whether a measurement cannot be that late: the clock of the gateway is wrong. */
export function isAhead(measuredAt: Date, receivedAt: Date): boolean {
  return measuredAt.getTime() - receivedAt.getTime() > AHEAD_MS;
}

function utcDay(at: Date): string {
  return at.toISOString().slice(0, 10);
}
