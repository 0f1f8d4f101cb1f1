import { AXES } from '../reading';
import type { EncodedReading, Origin, ReadingKind } from '../reading';
import { figuresOf } from './reading-row';
import type { Figures } from './reading-row';
import { gatewayIdOf } from './record-id';
import { isSameTime, readTime } from './written-time';

/**
 * How the notifications of a gateway number the records of a kind: as its history does, or in another way. The service does not store
 * what it has learned: the readings show it again.
 */
export type Numbering = 'unknown' | 'same' | 'different';

/** A stored reading that a record may be another copy of, under another number. */
export interface CounterpartRow {
  readonly number: number;
  readonly day: string;
  readonly recordId: number;
  readonly origin: Origin;
  readonly receivedAt: Date;
  readonly timeText: string | null;
  /** Its number in the notification, if that is known to be another than the one in the history. */
  readonly notifiedId: number | null;
  readonly figures: Figures;
}

/** A record whose reading is stored under another number. */
export interface Counterpart {
  readonly row: CounterpartRow;
  readonly id: number;
}

/** Numbers of one sequence are never further apart for two measurements of one minute. */
const SAME_MINUTE_IDS = 1000;

/** A gateway notifies a measurement before its history returns it. A gateway that does both at once may be late by this much. */
const NOTIFIED_LATE_MS = 10_000;

/** Figures that show whether two records have the same content. */
const SHOWN = ['Mean', 'Rms', 'Peak'];
export const VIBRATION_FIGURES: readonly string[] = AXES.flatMap((axis) => SHOWN.map((name) => axis + name));

/**
 * Finds the readings that were notified under other numbers than these records of the history have. Each reading is found once, so that
 * two equal temperatures of one minute remain two.
 *
 * @param rows readings of the same sensors and days
 */
export function counterpartsOfHistory(
  records: readonly EncodedReading[],
  rows: ReadonlyMap<EncodedReading, readonly CounterpartRow[]>,
  known: Numbering,
): { readonly numbering: Numbering; readonly counterparts: readonly Counterpart[] } {
  const counterparts: Counterpart[] = [];
  const used = new Set<number>();
  let numbering = known;
  for (const record of records) {
    const id = gatewayIdOf(record);
    if (id === null) continue;
    const equal = (rows.get(record) ?? []).filter((row) => hasContentOf(row, record));
    const own = equal.find((row) => row.recordId === id);
    if (own) {
      used.add(own.number);
      if (own.notifiedId !== null && own.notifiedId !== id) numbering = 'different';
      else if (own.origin !== 'history' && numbering === 'unknown') numbering = 'same';
      continue;
    }
    if (numbering === 'same') continue;
    const row = equal.find((one) => !used.has(one.number) && isNotified(one) && isOther(record, one, id, numbering));
    if (!row) continue;
    numbering = 'different';
    used.add(row.number);
    counterparts.push({ row, id });
  }
  return { numbering, counterparts: numbering === 'different' ? counterparts : [] };
}

/** Finds the readings out of the history that these notified records are copies of, by record. */
export function counterpartsOfNotified(
  records: readonly EncodedReading[],
  rows: ReadonlyMap<EncodedReading, readonly CounterpartRow[]>,
  numberingOf: (record: EncodedReading) => Numbering,
): ReadonlyMap<EncodedReading, Counterpart> {
  const counterparts = new Map<EncodedReading, Counterpart>();
  const used = new Set<number>();
  for (const record of records) {
    const id = gatewayIdOf(record);
    if (id === null) continue;
    const numbering = numberingOf(record);
    const equal = (rows.get(record) ?? []).filter((row) => hasContentOf(row, record));
    const row =
      equal.find(({ notifiedId }) => notifiedId === id) ??
      equal.find(
        (one) =>
          one.origin === 'history' &&
          one.notifiedId === null &&
          !used.has(one.number) &&
          !isOlder(one, record) &&
          isOther(record, one, id, numbering),
      );
    if (!row) continue;
    used.add(row.number);
    counterparts.set(record, { row, id });
  }
  return counterparts;
}

/** Whether a reading was notified, and its record in the history is not known yet. */
function isNotified({ origin, recordId, notifiedId }: CounterpartRow): boolean {
  return origin !== 'history' && recordId < 0 === (notifiedId !== null);
}

/** Whether the history had returned a reading before the notified record was measured. */
function isOlder({ receivedAt }: CounterpartRow, record: EncodedReading): boolean {
  return receivedAt.getTime() < record.receivedAt.getTime() - NOTIFIED_LATE_MS;
}

/** Whether the numbers cannot be those of two records, as long as it is not known that they say nothing. */
function isOther(
  record: EncodedReading,
  { recordId, timeText }: CounterpartRow,
  id: number,
  numbering: Numbering,
): boolean {
  if (numbering === 'different') return true;
  if (recordId === id) return false;
  // Two waveforms are never equal.
  if (record.kind === 'vibration' && !isFlat(record)) return true;
  return readTime(timeText)?.precision !== 'day' && Math.abs(recordId - id) > SAME_MINUTE_IDS;
}

/** Whether no axis has measured anything. Those of a broken sensor are all equal. */
function isFlat({ axes }: EncodedReading): boolean {
  return AXES.every((axis) => (axes[axis]?.statistics.rms ?? 0) === 0);
}

/** Whether a reading has the time and the values of a record. */
function hasContentOf(row: CounterpartRow, record: EncodedReading): boolean {
  const [before, time] = [readTime(row.timeText), readTime(record.timeText)];
  if (!before || !time || !isSameTime(before, time)) return false;
  const figures = figuresOf(record);
  const names = namesOf(record.kind).filter((name) => (figures[name] ?? null) !== null);
  return names.length > 0 && names.every((name) => row.figures[name] === figures[name]);
}

export function namesOf(kind: ReadingKind): readonly string[] {
  return kind === 'vibration' ? VIBRATION_FIGURES : ['value'];
}
