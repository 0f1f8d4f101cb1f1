import type { Day, HistoryRecord } from './history';
import { contains, highestOf, intersects, lowestOf, rangesOf, rangesOfNumbers, subtract, union } from './int-ranges';
import type { IntRange, IntRanges } from './int-ranges';

/** Record numbers that are missing between known ones. */
export interface Hole extends IntRange {
  /** The days of the known records before and after it. */
  readonly days: IntRange;
}

/** What is known of one numbering: that of a gateway, or that of one sensor. */
export interface IdSeries {
  /** Empty for all sensors of the gateway. */
  readonly serials: readonly number[];
  readonly known: IntRanges;
  /** Numbers without a record, as a search has shown. */
  readonly absent: IntRanges;
  /** Those of `known` and not `absent`. */
  readonly holes: readonly Hole[];
  /** The day of the lowest known number, and that of the highest; null if none is known. */
  readonly days: IntRange | null;
}

/** Consecutive record numbers that are stored, and the days of the first and the last. */
export interface Island extends IntRange {
  readonly fromDay: Day;
  readonly toDay: Day;
}

/** A series while a gateway is asked for it. */
export interface SeriesState extends IdSeries {
  /** What was known at the start. */
  readonly before: { readonly highest: number; readonly day: Day } | null;
  /** Whether all numbers above the highest of the start were searched for. */
  readonly isTailDone: boolean;
}

/** @param islands ascending, and none overlaps another */
export function seriesOf(serials: readonly number[], islands: readonly Island[], absent: IntRanges): IdSeries {
  const first = islands.at(0);
  const last = islands.at(-1);
  return {
    serials,
    known: rangesOf(islands),
    absent,
    holes: holesBetween(islands, absent),
    days: first && last ? { from: first.fromDay, to: last.toDay } : null,
  };
}

/** In one pass: a gateway may have as many holes as readings. */
function holesBetween(islands: readonly Island[], absent: IntRanges): Hole[] {
  const gaps = islands.slice(1).flatMap((after, index) => {
    const before = islands[index];
    return before ? [{ from: before.to + 1, to: after.from - 1, before, after }] : [];
  });
  let at = 0;
  return subtract(gaps, absent).flatMap((range) => {
    while ((gaps[at]?.to ?? Infinity) < range.from) at += 1;
    const gap = gaps[at];
    if (!gap) return [];
    const around = [gap.before.toDay, gap.after.fromDay];
    return [{ ...range, days: { from: Math.min(...around), to: Math.max(...around) } }];
  });
}

export function startOf(series: IdSeries): SeriesState {
  const highest = highestOf(series.known);
  const before = highest === null || series.days === null ? null : { highest, day: series.days.to };
  return { ...series, before, isTailDone: false };
}

export function isOf(series: IdSeries, serial: number): boolean {
  return series.serials.length === 0 || series.serials.includes(serial);
}

export function withRecords(series: SeriesState, records: readonly HistoryRecord[]): SeriesState {
  const ids = records.flatMap(({ serial, recordId }) => (recordId !== null && isOf(series, serial) ? [recordId] : []));
  return { ...series, known: union(series.known, rangesOfNumbers(ids)) };
}

/**
 * What these records show against the numbering: `sensor` if two sensors use the same number, `none` if numbers cannot be relied on, null
 * if all is well.
 */
export function contradictionIn(
  series: readonly SeriesState[],
  records: readonly HistoryRecord[],
): 'sensor' | 'none' | null {
  for (const { serial, recordId, standing } of records) {
    if (recordId === null || standing === 'differs') return 'none';
    if (standing !== 'new') continue;
    const taken = series.find((one) => isOf(one, serial) && contains(one.known, recordId));
    if (taken) return taken.serials.length === 0 ? 'sensor' : 'none';
  }
  return null;
}

/** Whether the reply reaches down to a number that was known, with its record: then the numbers it skips have none. */
export function reachesKnown({ before }: SeriesState, records: readonly HistoryRecord[]): boolean {
  if (before === null) return false;
  return records.some(
    ({ recordId, standing }) => recordId !== null && recordId <= before.highest && standing === 'known',
  );
}

export function missingAbove({ before, known }: SeriesState): IntRanges {
  const highest = highestOf(known);
  if (before === null || highest === null) return [];
  return subtract([{ from: before.highest + 1, to: highest }], known);
}

/** The numbers without a record, after all questions were answered, but for those of these days. */
export function absentOf(series: SeriesState, unsettled: IntRanges): IntRanges {
  const open = series.holes.filter(({ days }) => intersects(unsettled, days));
  const lowest = lowestOf(series.known);
  const highest = highestOf(series.known);
  if (lowest === null || highest === null) return series.absent;
  const isTailSettled = series.before !== null && !intersects(unsettled, { from: series.before.day, to: Infinity });
  const top = isTailSettled ? highest : (series.before?.highest ?? lowest);
  const missing = subtract(
    subtract([{ from: lowest, to: top }], series.known),
    open.map(({ from, to }) => ({ from, to })),
  );
  return union(series.absent, missing);
}
