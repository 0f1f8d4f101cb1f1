import { settledDays } from './catch-up-plan';
import type { CatchUpPlan, CatchUpProgress } from './catch-up-plan';
import { groupBy } from '../../common/group-by';
import { absentOf, isOf, missingAbove, seriesOf, startOf } from './id-series';
import type { HistoryRecord } from './history';
import type { Island, SeriesState } from './id-series';
import { covers, EMPTY, rangesOf, subtract, union } from './int-ranges';
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
  return [...provenSeries(plan), ...learnedSeries(plan)].map((one) => ({
    serials: one.serials,
    ranges: rangesIn(one),
  }));
}

/**
 * The series in the records of the run that has shown how the gateway numbers them. A number between two that the gateway holds was never
 * given, or its record deleted.
 */
function learnedSeries(plan: CatchUpPlan): SeriesState[] {
  const { input, facts, series, isDoubtful, records } = plan;
  const isLearned = input.facts.idScope === 'unknown' && (facts.idScope === 'gateway' || facts.idScope === 'sensor');
  if (!isLearned || input.order || isDoubtful || series.length > 0) return [];
  const settled = settledDays(plan);
  const groups = groupBy(records, ({ serial }) => (facts.idScope === 'gateway' ? 0 : serial));
  return [...groups].map(([serial, own]) => {
    const found = seriesOf(serial === 0 ? [] : [serial], islandsOf(own), EMPTY);
    return startOf({ ...found, holes: found.holes.filter(({ days }) => covers(settled, days)) });
  });
}

/** Each record as an island, once. */
function islandsOf(records: readonly HistoryRecord[]): Island[] {
  const byId = new Map<number, Island>();
  for (const { recordId, day } of records) {
    if (recordId !== null && day !== null)
      byId.set(recordId, { from: recordId, to: recordId, fromDay: day, toDay: day });
  }
  return [...byId.values()].sort((a, b) => a.from - b.from);
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
