import type { ConnectionEventRow } from './connection-event.entity';

const WINDOW_MS = 60_000;
/** So many changes of a minute have a row each. All further ones share one. */
const SINGLE_ROWS = 10;

/** The rows that one gateway was given in the minute that began with the first of them. */
export interface FoldingWindow {
  readonly startedAt: Date;
  readonly rows: number;
  /** The latest row, as it is now. */
  readonly last: ConnectionEventRow;
}

/**
 * Gives a change its row, which is the `last` of the answer: a new one, or that of the changes before it. Pure.
 * @param change one change as a row of its own
 * @param mustFold takes no new row for a gateway that has one
 */
export function fold(window: FoldingWindow | null, change: ConnectionEventRow, mustFold: boolean): FoldingWindow {
  if (!window) return { startedAt: change.at, rows: 1, last: change };
  const isNewMinute = isOver(window, change.at);
  if (mustFold || (!isNewMinute && window.rows > SINGLE_ROWS)) {
    return { ...window, last: append(window.last, change) };
  }
  if (isNewMinute) return { startedAt: change.at, rows: 1, last: change };
  return { ...window, rows: window.rows + 1, last: change };
}

/** Whether its minute has passed. A clock that was set back ends it as well: it would last for hours. */
export function isOver({ startedAt }: FoldingWindow, now: Date): boolean {
  const elapsedMs = now.getTime() - startedAt.getTime();
  return elapsedMs < 0 || elapsedMs >= WINDOW_MS;
}

function append(row: ConnectionEventRow, { at, to, reason, attempt, count }: ConnectionEventRow): ConnectionEventRow {
  return { ...row, at, to, reason, attempt, count: row.count + count };
}
