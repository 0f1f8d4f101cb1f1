import { densePageSize } from './catch-up-task';
import type { CatchUpLimits, CatchUpTask, WindowTask } from './catch-up-task';
import { isDescending } from './history-facts';
import type { Gap, GapReason, HistoryFacts, HistoryRecord, HistoryRequest } from './history';

/** What is left of a window after a reply. Each step makes the window shorter, raises `max` or gives up a part of it. */
export interface WindowRest {
  readonly tasks: readonly CatchUpTask[];
  readonly gaps: readonly Gap[];
}

export interface WindowContext {
  /** With what the reply has shown. */
  readonly facts: HistoryFacts;
  readonly limits: CatchUpLimits;
  /** The sensors of the gateway. */
  readonly serials: readonly number[];
  /** Whether the limit of the gateway was looked for already. */
  readonly isLimitKnown: boolean;
}

const DONE: WindowRest = { tasks: [], gaps: [] };

/**
 * Whether a reply holds all that there is. It does if it has fewer records than were asked for and than the gateway is known to return:
 * a gateway may have a limit of its own, so a reply that is larger than all before proves nothing.
 *
 * @param facts before the reply
 */
export function isWhole(count: number, max: number, facts: HistoryFacts, limits: CatchUpLimits): boolean {
  return count === 0 || count < Math.min(max, Math.max(facts.largestReply, limits.honouredMax));
}

/** The window after a reply that may not hold all of its records. */
export function shrunk(
  task: WindowTask,
  request: HistoryRequest,
  records: readonly HistoryRecord[],
  context: WindowContext,
): WindowRest {
  const isNewestFirst =
    records.length > 0 && context.facts.order === 'newest_first' && isDescending(records.map(({ day }) => day));
  const oldest = records.at(-1)?.day ?? 0;
  if (isNewestFirst && oldest < task.from) return DONE;
  if (isNewestFirst && (oldest < task.to || task.isOpen)) {
    return { tasks: [{ ...task, to: oldest, isOpen: false, max: null, failures: 0 }], gaps: [] };
  }
  if (isNewestFirst || task.from === task.to) return denser(task, request, records, context);
  const middle = Math.floor((task.from + task.to) / 2);
  return {
    tasks: [
      { ...task, from: middle + 1, max: null, failures: 0 },
      { ...task, to: middle, isOpen: false, max: null, failures: 0 },
    ],
    gaps: [],
  };
}

/** The last day of the window has more records than the reply holds, and a date is the finest step that can be asked for. */
function denser(
  task: WindowTask,
  request: HistoryRequest,
  records: readonly HistoryRecord[],
  { facts, limits, serials, isLimitKnown }: WindowContext,
): WindowRest {
  const larger = request.max * 2;
  if (task.failures === 0 && records.length >= request.max && larger <= densePageSize(request.kind, facts, limits)) {
    return { tasks: [{ ...task, max: larger }], gaps: [] };
  }
  if (records.length < request.max && !isLimitKnown) return { tasks: [{ type: 'limit', failures: 0 }, task], gaps: [] };
  const others = new Set([...serials, ...records.map(({ serial }) => serial)]);
  if (task.serials.length > 0 || others.size < 2 || facts.serials === 'ignored') return without(task, 'too_dense');
  const day = { ...task, from: task.to, max: null, failures: 0, isPart: true };
  return { tasks: [...[...others].map((serial) => ({ ...day, serials: [serial] })), ...before(task)], gaps: [] };
}

/** The window after a request that was not answered: once more with fewer records, then without it. */
export function unanswered(task: WindowTask, max: number): WindowRest {
  if (task.failures === 0) return { tasks: [{ ...task, max: Math.max(1, max >> 2), failures: 1 }], gaps: [] };
  return {
    tasks: [],
    gaps: [{ serials: task.serials, days: { from: task.from, to: task.to }, reason: 'answer_missing' }],
  };
}

function without(task: WindowTask, reason: GapReason): WindowRest {
  return {
    tasks: before(task),
    gaps: [{ serials: task.serials, days: { from: task.to, to: task.to }, reason }],
  };
}

function before(task: WindowTask): WindowTask[] {
  if (task.from === task.to) return [];
  return [{ ...task, to: task.to - 1, isOpen: false, max: null, failures: 0 }];
}
