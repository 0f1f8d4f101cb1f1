import type { Day, HistoryFacts, HistoryRequest } from './history';
import type { ReadingKind } from '../reading';

/** A question to a gateway that is still open. */
export type CatchUpTask =
  WindowTask | HeadTask | TailTask | { readonly type: 'size' | 'limit'; readonly failures: number };

/** All records of these days. */
export interface WindowTask {
  readonly type: 'window';
  /** Empty for all sensors. */
  readonly serials: readonly number[];
  /** Whether it is a part of a question about all sensors. */
  readonly isPart: boolean;
  readonly from: Day;
  readonly to: Day;
  /** Whether records after `to` are asked for, too: the clock of a gateway may be ahead. */
  readonly isOpen: boolean;
  /** Records to ask for; null for as many as a page holds. */
  readonly max: number | null;
  readonly failures: number;
}

/** The newest records of the sensors of a series: they show the highest number. */
export interface HeadTask {
  readonly type: 'head';
  /** Those of the series. */
  readonly serials: readonly number[];
  readonly failures: number;
}

/** The newest records down to the highest number that was known before. */
export interface TailTask {
  readonly type: 'tail';
  readonly serials: readonly number[];
  readonly max: number;
  readonly tries: number;
  readonly failures: number;
}

export interface CatchUpLimits {
  /** The size of a reply that is aimed at. */
  readonly pageBytes: number;
  /** The size of a reply for one day that has too many records for a page. */
  readonly densePageBytes: number;
  /** Records per reply, whatever their size. */
  readonly pageRecords: number;
  /** A gateway is trusted to return this many records if it has them and they are asked for. */
  readonly honouredMax: number;
}

export const DEFAULT_LIMITS: CatchUpLimits = {
  pageBytes: 4 * 1024 * 1024,
  densePageBytes: 32 * 1024 * 1024,
  pageRecords: 1_000,
  honouredMax: 25, // What a gateway returns if no `Max` is given.
};

/** Bytes of a temperature or a battery record, before one was seen. */
const SCALAR_BYTES = 200;

export function pageSize(kind: ReadingKind, facts: HistoryFacts, limits: CatchUpLimits): number {
  return recordsIn(limits.pageBytes, kind, facts, limits);
}

export function densePageSize(kind: ReadingKind, facts: HistoryFacts, limits: CatchUpLimits): number {
  return recordsIn(limits.densePageBytes, kind, facts, { ...limits, pageRecords: 8 * limits.pageRecords });
}

function recordsIn(bytes: number, kind: ReadingKind, facts: HistoryFacts, limits: CatchUpLimits): number {
  if (facts.recordBytes === null && kind === 'vibration') return 1;
  return Math.max(1, Math.min(limits.pageRecords, Math.floor(bytes / (facts.recordBytes ?? SCALAR_BYTES))));
}

export function windowRequest(task: WindowTask, kind: ReadingKind, facts: HistoryFacts, max: number): HistoryRequest {
  return {
    kind,
    serials: task.serials,
    // One day more at each end, as long as it is not known whether a gateway includes the days that it is given.
    start: facts.startInclusive ? task.from : task.from - 1,
    end: task.isOpen ? null : facts.endInclusive ? task.to : task.to + 1,
    max,
  };
}
