import type { CatchUpLimits, CatchUpTask, WindowTask } from './catch-up-task';
import type { Day, Gap, HistoryFacts, HistoryRecord } from './history';
import type { IdSeries, SeriesState } from './id-series';
import { contains, EMPTY, rangesOf, subtract, union } from './int-ranges';
import type { IntRange, IntRanges } from './int-ranges';
import type { ReadingKind } from '../reading';

/** What is known of one kind of record of one gateway before it is asked. */
export interface CatchUpInput {
  readonly kind: ReadingKind;
  /** Today at the gateway. */
  readonly today: Day;
  /** The first day whose records are wanted. */
  readonly since: Day;
  /** Days all of whose records were asked for, after they had ended. */
  readonly covered: IntRanges;
  /** Days that are whole if the gateway's numbers are what they seem. */
  readonly coveredByIds: IntRanges;
  /** Days that are not asked for again: of gaps that were found before. */
  readonly avoided: IntRanges;
  /** All sensors that the gateway is known to have or to have had. */
  readonly serials: readonly number[];
  /** One for the gateway if that is its scope, else one per sensor. Sensors without records may be left out. */
  readonly series: readonly IdSeries[];
  /** The day of the newest record that was stored before the catch-up began, which may have been several runs ago; null if there was none. */
  readonly newestDay: Day | null;
  readonly facts: HistoryFacts;
  readonly limits: CatchUpLimits;
  /** What an operator ordered instead: these days of these sensors, whatever is known. Empty serials: all. */
  readonly order: { readonly days: IntRange; readonly serials: readonly number[] } | null;
}

/** A run through one gateway's history of one kind: open questions, and what was learned. Immutable. */
export interface CatchUpPlan {
  readonly input: CatchUpInput;
  readonly facts: HistoryFacts;
  readonly tasks: readonly CatchUpTask[];
  /** Empty if the numbers are not used in this run. */
  readonly series: readonly SeriesState[];
  /** Days that windows of all sensors were or will be asked for. */
  readonly asked: IntRanges;
  readonly gaps: readonly Gap[];
  /** All records received, for what they show of the numbering. */
  readonly records: readonly HistoryRecord[];
  readonly isLimitKnown: boolean;
  /** Whether a question that must be answered was not. */
  readonly isUnproven: boolean;
  /** Whether the numbers turned out to prove nothing: days that were covered by them no longer are. */
  readonly isDoubtful: boolean;
}

/** What a run has shown so far. Each is a whole, and replaces or extends what was known before. */
export interface CatchUpProgress {
  readonly facts: HistoryFacts;
  readonly covered: IntRanges;
  readonly coveredByIds: IntRanges;
  /** Per series that is settled: its numbers without a record. */
  readonly absent: readonly { readonly serials: readonly number[]; readonly ranges: IntRanges }[];
  readonly gaps: readonly Gap[];
  /** Whether the run is over. */
  readonly isOver: boolean;
  /** Whether everything that the gateway holds since `since`, gaps apart, is stored. */
  readonly isVerified: boolean;
  /** Questions that are open; each may lead to others. */
  readonly left: number;
}

export function aWindow(input: CatchUpInput, days: IntRange, serials: readonly number[] = []): WindowTask {
  return {
    type: 'window',
    serials,
    isPart: false,
    from: days.from,
    to: days.to,
    isOpen: days.to >= input.today,
    max: null,
    failures: 0,
  };
}

/** The plan with questions about all records of these days, newest first. */
export function withWindows(plan: CatchUpPlan, days: IntRanges): CatchUpPlan {
  const windows = [...days].reverse().map((range) => aWindow(plan.input, range));
  const isSizeUnknown = plan.facts.recordBytes === null && plan.input.kind === 'vibration';
  return {
    ...plan,
    tasks: [...(isSizeUnknown ? [{ type: 'size', failures: 0 } as const] : []), ...plan.tasks, ...windows],
    asked: union(plan.asked, days),
  };
}

/** The days from `since` to today that are not among these; the last range always ends today. */
export function openDays({ since, today, avoided }: CatchUpInput, covered: IntRanges): IntRanges {
  const done = subtract(union(covered, avoided), [{ from: today, to: Infinity }]);
  return subtract([{ from: Math.min(since, today), to: today }], done);
}

/**
 * These days, and those since the newest record that is stored: if the gateway does not hold that one any more, it may have dropped others
 * that are not stored.
 */
export function sinceNewest({ since, today, newestDay }: CatchUpInput, days: IntRanges): IntRanges {
  if (newestDay === null) return days;
  return rangesOf([...days, { from: Math.max(since, Math.min(newestDay, today)), to: today }]);
}

/** Days that questions about all sensors have settled. */
export function settledDays({ asked, tasks, gaps }: CatchUpPlan): IntRanges {
  const pending = tasks.flatMap((task) =>
    task.type === 'window' && (task.serials.length === 0 || task.isPart) ? [{ from: task.from, to: task.to }] : [],
  );
  return subtract(asked, rangesOf([...pending, ...gaps.map(({ days }) => days)]));
}

/** Whether records of the day are whole, whatever the numbers say. */
export function isCovered(input: CatchUpInput, day: Day): boolean {
  return contains(union(input.covered, input.coveredByIds), day);
}

export function emptyPlan(input: CatchUpInput): CatchUpPlan {
  return {
    input,
    facts: input.facts,
    tasks: [],
    series: [],
    asked: EMPTY,
    gaps: [],
    records: [],
    isLimitKnown: false,
    isUnproven: false,
    isDoubtful: false,
  };
}
