import { settledDays } from './catch-up-plan';
import type { CatchUpPlan, CatchUpProgress } from './catch-up-plan';
import { absentOf, isOf, missingAbove } from './id-series';
import type { SeriesState } from './id-series';
import { covers, rangesOf, subtract, union } from './int-ranges';
import type { IntRange, IntRanges } from './int-ranges';
import { provenSeries } from './losses';

/**
 * The numbers that a complete run has shown to be without a record: of the series that it has used, or else of those that were known before,
 * as far as it has asked for their days as a whole. Else a gateway that skips numbers would seem incomplete until its next day begins.
 * @param unsettled days of gaps
 */
export function absencesOf(plan: CatchUpPlan, unsettled: IntRanges): CatchUpProgress['absent'] {
  const { series } = plan;
  const rangesIn = (one: SeriesState): IntRanges =>
    series.length > 0 ? absentOf(one, unsettled) : absentWithin(one, plan);
  return provenSeries(plan).map((one) => ({ serials: one.serials, ranges: rangesIn(one) }));
}

/** The numbers of the holes, all of which have been searched, and those above the highest of the start if its day was searched, too. */
function absentWithin(series: SeriesState, plan: CatchUpPlan): IntRanges {
  const holes = series.holes.map(({ from, to }) => ({ from, to }));
  const tail = isTailSearched(series, plan) ? missingAbove(series) : [];
  return union(series.absent, subtract(rangesOf([...holes, ...tail]), series.known));
}

/** The replies must also reach down to the numbers of the start: those in between may have been dropped. */
function isTailSearched(series: SeriesState, plan: CatchUpPlan): boolean {
  const { before } = series;
  if (before === null) return false;
  const days: IntRange = { from: before.day, to: plan.input.today };
  return (
    covers(settledDays(plan), days) &&
    plan.records.some(({ serial, recordId }) => recordId !== null && isOf(series, serial) && recordId <= before.highest)
  );
}
