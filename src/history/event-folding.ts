import type { Moment } from '../common/clock';
import type { WaitingEvent } from './connection-event.entity';

const WINDOW_MS = 60_000;
/** Changes of a minute that get a row each. All further ones share one. */
const SINGLE_ROWS = 10;

/** The rows of one gateway in the minute that began with the first of them. */
export interface FoldingWindow {
  readonly startedAt: Moment;
  readonly rows: number;
  /** The latest row, as it is now. */
  readonly last: WaitingEvent;
}

/**
 * Returns the window with `last` set to the row for this change: a new row, or the previous one with its count raised. Pure.
 * @param change one change as a row of its own
 * @param mustFold adds no row if the gateway has a window
 */
export function fold(window: FoldingWindow | null, change: WaitingEvent, mustFold: boolean): FoldingWindow {
  if (!window) return { startedAt: change.at, rows: 1, last: change };
  const isNewMinute = isOver(window, change.at);
  if (mustFold || (!isNewMinute && window.rows > SINGLE_ROWS)) {
    return { ...window, last: append(window.last, change) };
  }
  if (isNewMinute) return { startedAt: change.at, rows: 1, last: change };
  return { ...window, rows: window.rows + 1, last: change };
}

/** Whether the minute of the window has passed. */
export function isOver({ startedAt }: FoldingWindow, now: Moment): boolean {
  return now - startedAt >= WINDOW_MS;
}

function append(row: WaitingEvent, { at, to, reason, attempt, count }: WaitingEvent): WaitingEvent {
  return { ...row, at, to, reason, attempt, count: row.count + count };
}
