import { absencesOf } from './absences';
import { pageSize, windowRequest } from './catch-up-task';
import type { CatchUpTask, HeadTask, TailTask } from './catch-up-task';
import { aWindow, emptyPlan, isCovered, openDays, settledDays, sinceNewest, withWindows } from './catch-up-plan';
import type { CatchUpInput, CatchUpPlan, CatchUpProgress } from './catch-up-plan';
import { isWhole, shrunk, unanswered } from './catch-up-windows';
import type { WindowRest } from './catch-up-windows';
import type { HistoryFacts, HistoryRecord, HistoryReply, HistoryRequest } from './history';
import { isDescending, learn, scopeOf } from './history-facts';
import { contradictionIn, reachesKnown, startOf, withRecords } from './id-series';
import type { SeriesState } from './id-series';
import { covers, EMPTY, rangesOf, subtract, union } from './int-ranges';
import type { IntRange } from './int-ranges';
import { lossesOf } from './losses';

const TAIL_TRIES = 3;

/**
 * The plan to fetch all that a gateway holds and that is not stored. Days are asked for as a whole unless the numbers of the records show
 * that nothing is missing: then one record, the newest, is enough.
 */
export function begin(input: CatchUpInput): CatchUpPlan {
  if (input.order) return ordered(input, input.order.days, input.order.serials);
  const open = openDays(input, union(input.covered, input.coveredByIds));
  const fresh = open.at(-1) ?? { from: input.today, to: input.today };
  const series = isCovered(input, fresh.from - 1) ? anchored(input, fresh) : [];
  const others = otherSerials(input, series);
  if (series.length === 0 || others.length > series.length) {
    return withWindows(emptyPlan(input), sinceNewest(input, open));
  }
  const heads = series.map(({ serials }): HeadTask => ({ type: 'head', serials, failures: 0 }));
  const windows = others.map((serial) => aWindow(input, fresh, [serial]));
  return withWindows({ ...emptyPlan(input), series, tasks: [...heads, ...windows] }, open.slice(0, -1));
}

function ordered(input: CatchUpInput, days: IntRange, serials: readonly number[]): CatchUpPlan {
  if (serials.length === 0 || input.facts.serials === 'ignored') return withWindows(emptyPlan(input), [days]);
  return withWindows({ ...emptyPlan(input), tasks: serials.map((serial) => aWindow(input, days, [serial])) }, EMPTY);
}

/** The series that prove what is missing since the fresh days began: they have a record from before. */
function anchored({ series, facts, today }: CatchUpInput, fresh: IntRange): SeriesState[] {
  // The newest record is of use only if it is what comes first.
  if (facts.idScope === 'none' || facts.order !== 'newest_first') return [];
  return series
    .filter(({ serials }) => serials.length === 0 || facts.serials !== 'ignored')
    .filter(({ days }) => days !== null && days.from < fresh.from && days.to <= today)
    .map(startOf);
}

function otherSerials({ serials }: CatchUpInput, series: readonly SeriesState[]): number[] {
  if (series.some((one) => one.serials.length === 0)) return [];
  const known = new Set(series.flatMap((one) => one.serials));
  return serials.filter((serial) => !known.has(serial));
}

/** The next request; null if the run is over. */
export function next({ tasks, input, facts }: CatchUpPlan): HistoryRequest | null {
  const [task] = tasks;
  if (task === undefined) return null;
  const page = pageSize(input.kind, facts, input.limits);
  const newest = { kind: input.kind, serials: [], start: null, end: null, max: page };
  switch (task.type) {
    case 'size':
      return { ...newest, max: 1 };
    case 'limit':
      return newest;
    case 'head': {
      const isOne = task.serials.length > 0 || input.kind === 'vibration';
      return { ...newest, serials: task.serials, max: isOne ? 1 : page };
    }
    case 'tail':
      return { ...newest, serials: task.serials, max: task.max };
    case 'window':
      return windowRequest(task, input.kind, facts, task.max ?? page);
  }
}

/** The plan after the reply to its `next` request, whose records are stored. */
export function receive(plan: CatchUpPlan, reply: HistoryReply): CatchUpPlan {
  const request = next(plan);
  const [task, ...tasks] = plan.tasks;
  if (request === null || task === undefined) return plan;
  if (reply.type === 'failed') return concluded(failed({ ...plan, tasks }, task, request));
  const { records, count } = reply;
  const isAll = isWhole(count, request.max, plan.facts, plan.input.limits);
  const heard: CatchUpPlan = {
    ...plan,
    tasks,
    facts: learn(plan.facts, request, records, reply),
    records: [...plan.records, ...records],
    series: plan.series.map((series) => withRecords(series, records)),
  };
  const doubt = doubtIn(plan, heard, records);
  if (doubt !== null) return concluded(withoutIds({ ...heard, tasks: plan.tasks }, doubt));
  return concluded(answered(heard, task, request, records, isAll));
}

/** What the records show against the numbers that this run relies on; null if nothing. */
function doubtIn(
  { series, facts }: CatchUpPlan,
  heard: CatchUpPlan,
  records: readonly HistoryRecord[],
): HistoryFacts['idScope'] | null {
  if (heard.isDoubtful) return null;
  if (series.length === 0) return records.some(({ standing }) => standing === 'differs') ? 'none' : null;
  const contradiction = contradictionIn(series, records);
  if (contradiction !== null) return contradiction;
  return facts.idScope === 'gateway' && scopeOf(heard.records) === 'sensor' ? 'sensor' : null;
}

/** The plan if the numbers prove nothing: all days that no window has covered are asked for. */
function withoutIds(plan: CatchUpPlan, idScope: HistoryFacts['idScope']): CatchUpPlan {
  const { input } = plan;
  const doubtful = { ...plan, facts: { ...plan.facts, idScope }, series: [], isDoubtful: true };
  if (input.order) return doubtful;
  const open = openDays(input, union(input.covered, settledDays(plan)));
  return withWindows({ ...doubtful, tasks: [] }, sinceNewest(input, open));
}

/** @param isAll whether the reply holds all that there is */
function answered(
  plan: CatchUpPlan,
  task: CatchUpTask,
  request: HistoryRequest,
  records: readonly HistoryRecord[],
  isAll: boolean,
): CatchUpPlan {
  const { input } = plan;
  switch (task.type) {
    case 'size':
      return isAll ? { ...plan, tasks: [] } : plan; // An empty history has no records of any day.
    case 'limit':
      return { ...plan, isLimitKnown: true };
    case 'window':
      if (isAll) return plan;
      return withRest(plan, shrunk(task, request, records, { ...plan, limits: input.limits, serials: input.serials }));
    case 'head':
    case 'tail':
      return seriesAnswered(plan, task, records, isAll);
  }
}

function seriesAnswered(
  plan: CatchUpPlan,
  task: HeadTask | TailTask,
  records: readonly HistoryRecord[],
  isAll: boolean,
): CatchUpPlan {
  const { input, facts } = plan;
  const series = plan.series.find(({ serials }) => serials[0] === task.serials[0]);
  if (!series?.before || (task.serials.length > 0 && facts.serials === 'ignored')) {
    return withoutIds(plan, facts.idScope);
  }
  const { before } = series;
  const ids = records.map(({ recordId }) => recordId);
  const newest = Math.max(...ids.map(Number));
  // Numbers began anew, or the clock is ahead: the newest record is not the one with the highest number.
  if (newest < before.highest || records.some(({ day }) => day === null || day > input.today)) {
    return withoutIds(plan, records.length === 0 ? facts.idScope : 'unknown');
  }
  if (isAll || (isDescending(ids) && reachesKnown(series, records))) return withHoles(plan, series);
  const max = newest - before.highest + 2; // Two more than are missing: the reply must reach a record that is known.
  const tries = task.type === 'tail' ? task.tries + 1 : 1;
  if (tries <= TAIL_TRIES && max <= pageSize(input.kind, facts, input.limits)) {
    const tail: TailTask = { type: 'tail', serials: task.serials, max, tries, failures: 0 };
    return { ...plan, tasks: [tail, ...plan.tasks] };
  }
  return withHoles(plan, series, { from: before.day, to: input.today });
}

/** The plan with questions about the days of holes in the series, and about these days. */
function withHoles(plan: CatchUpPlan, series: SeriesState, tail?: IntRange): CatchUpPlan {
  const { input } = plan;
  const covered = union(input.covered, settledDays(plan));
  const holes = series.holes.filter((hole) => !covers(covered, hole.days));
  const days = subtract(rangesOf([...holes.map((hole) => hole.days), ...(tail ? [tail] : [])]), input.avoided);
  if (series.serials.length === 0) return withWindows(plan, days);
  const windows = [...days].reverse().map((range) => aWindow(input, range, series.serials));
  return { ...plan, tasks: [...plan.tasks, ...windows] };
}

function failed(plan: CatchUpPlan, task: CatchUpTask, request: HistoryRequest): CatchUpPlan {
  if (task.type === 'window') return withRest(plan, unanswered(task, request.max));
  if (task.failures === 0) return { ...plan, tasks: [{ ...task, failures: 1 }, ...plan.tasks] };
  if (task.type === 'limit') return { ...plan, isLimitKnown: true };
  // Not even its newest records: nothing else is worth a try now.
  return { ...plan, tasks: [], isUnproven: true };
}

function withRest(plan: CatchUpPlan, { tasks, gaps }: WindowRest): CatchUpPlan {
  return { ...plan, tasks: [...tasks, ...plan.tasks], gaps: [...plan.gaps, ...gaps] };
}

/** The plan, with what only the end of the run shows. */
function concluded(plan: CatchUpPlan): CatchUpPlan {
  if (plan.tasks.length > 0 || plan.isUnproven) return plan;
  const { facts } = plan;
  const idScope = facts.idScope === 'unknown' ? scopeOf(plan.records) : facts.idScope;
  return { ...plan, facts: { ...facts, idScope }, gaps: [...plan.gaps, ...lossesOf(plan)] };
}

/** What the run has shown so far. */
export function progressOf(plan: CatchUpPlan): CatchUpProgress {
  const { input, facts, series, gaps, tasks } = plan;
  const isOver = tasks.length === 0;
  const isVerified = isOver && !plan.isUnproven && input.order === null;
  const yesterday = input.today - 1;
  const unsettled = union(input.avoided, rangesOf(gaps.map(({ days }) => days)));
  const covered = union(input.covered, subtract(settledDays(plan), [{ from: input.today, to: Infinity }]));
  const byIds = plan.isDoubtful ? EMPTY : input.coveredByIds;
  const isProvenByIds = isVerified && series.length > 0 && yesterday >= input.since;
  return {
    facts,
    covered,
    coveredByIds: isProvenByIds ? union(byIds, subtract([{ from: input.since, to: yesterday }], unsettled)) : byIds,
    absent: isVerified ? absencesOf(plan, unsettled) : [],
    gaps,
    isOver,
    isVerified,
    left: tasks.length,
  };
}
