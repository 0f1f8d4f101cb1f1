import { settledDays } from './catch-up-plan';
import type { CatchUpPlan } from './catch-up-plan';
import type { Gap, HistoryRecord } from './history';
import { isOf, startOf, withRecords } from './id-series';
import type { SeriesState } from './id-series';
import { contains, covers, rangesOf, union } from './int-ranges';
import type { IntRange } from './int-ranges';

/**
 * What the gateway no longer holds: the days between a record that is stored and the oldest one that it still has, if it does not have the
 * stored one any more.
 */
export function lossesOf(plan: CatchUpPlan): Gap[] {
  if (plan.input.order) return [];
  if (plan.series.length > 0) return plan.series.flatMap((series) => lossesIn(series, plan, tailOf));
  const losses = provenSeries(plan).flatMap((series) => lossesIn(series, plan));
  return losses.length > 0 ? losses : lossBetweenDays(plan);
}

/**
 * The series whose holes a run has settled: those that it has used, or, if it has asked for days as a whole, those that were known before,
 * with the holes within these days.
 */
export function provenSeries(plan: CatchUpPlan): readonly SeriesState[] {
  const { input, series, facts, records, isDoubtful } = plan;
  const { idScope } = input.facts;
  if (series.length > 0) return series;
  if (input.order || isDoubtful || idScope !== facts.idScope || !['gateway', 'sensor'].includes(idScope)) return [];
  const settled = settledDays(plan);
  return input.series.map((one) => {
    const holes = one.holes.filter(({ days }) => covers(settled, days));
    return withRecords(startOf({ ...one, holes }), records);
  });
}

function lossBetweenDays({ input, records, gaps }: CatchUpPlan): Gap[] {
  const { newestDay, today } = input;
  if (newestDay === null) return [];
  const days = records.flatMap(({ day }) => day ?? []);
  const oldest = days.length === 0 ? Math.max(newestDay, today) : Math.min(...days);
  const isKnown = records.some(({ day, wasStored }) => day === oldest && wasStored);
  const isPartly = gaps.some(({ days: gap }) => gap.from <= oldest && oldest <= gap.to); // The gap says it already.
  return isKnown || isPartly || oldest < newestDay ? [] : [notAtGateway([], { from: newestDay, to: oldest })];
}

function lossesIn(series: SeriesState, { input, records, gaps }: CatchUpPlan, tail: typeof tailOf = () => []): Gap[] {
  const own = records.filter(({ serial }) => isOf(series, serial));
  const partly = union(input.avoided, rangesOf(gaps.map(({ days }) => days)));
  const asked = union(input.covered, input.avoided);
  const holes = series.holes.filter(({ days }) => !covers(asked, days));
  return [...holes, ...tail(series, own)]
    .filter((hole) => !covers(series.known, hole) && !isBordered(hole, own))
    .filter(({ days }) => !contains(partly, days.from)) // What borders the hole may just not have been asked for.
    .map(({ days }) => notAtGateway(series.serials, days));
}

/** The numbers between the highest that was known before and the lowest that came. */
function tailOf(
  { before }: SeriesState,
  own: readonly HistoryRecord[],
): { from: number; to: number; days: IntRange }[] {
  if (before === null) return [];
  const above = own.filter(({ recordId }) => recordId !== null && recordId > before.highest);
  if (above.length === 0) return [];
  const lowest = above.reduce((a, b) => (Number(a.recordId) < Number(b.recordId) ? a : b));
  const days = { from: before.day, to: Math.max(before.day, lowest.day ?? before.day) };
  return [{ from: before.highest + 1, to: Number(lowest.recordId) - 1, days }];
}

/** Whether the gateway still holds a record from before the hole: then the numbers in it were never given, or their rows deleted. */
function isBordered({ from }: IntRange, own: readonly HistoryRecord[]): boolean {
  return own.some(({ recordId }) => recordId !== null && recordId < from);
}

function notAtGateway(serials: readonly number[], days: IntRange): Gap {
  return { serials, days, reason: 'not_at_gateway' };
}
