import type { Moment } from '../../common/clock';
import type { WaitingEvent } from './connection-event.entity';

const WINDOW_MS = 60_000;
/** So many changes of a minute have a row each. All further ones share one. */
const SINGLE_ROWS = 10;

/** The rows that one gateway was given in the minute that began with the first of them. */
export interface FoldingWindow {
  readonly startedAt: Moment;
  readonly rows: number;
  /** The latest row, as it is now. */
  readonly last: WaitingEvent;
}

/**
 * Gives a change its row, which is the `last` of the answer: a new one, or that of the changes before it. Pure.
 * @param change one change as a row of its own
 * @param mustFold takes no new row for a gateway that has one
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
