import { replaceEqualDeep } from '@tanstack/react-query';
import type { ConnectionPage, ConnectionStatus } from '../../.generated/types.gen';

/** The latest status of each gateway that has changed since the last look; nothing is kept of earlier ones. */
export type Moves = ReadonlyMap<string, ConnectionStatus>;

/** A page with the rows that have moved replaced, in place: their order stays. The same page if none of its rows has. */
export function patchPage(page: ConnectionPage, moves: Moves): ConnectionPage {
  if (!page.data.some((row) => isNewer(moves.get(row.id), row))) return page;
  return { ...page, data: page.data.map((row) => patchStatus(row, moves)) };
}

/** The status after the moves; the same object if this gateway has not moved. */
export function patchStatus(status: ConnectionStatus, moves: Moves): ConnectionStatus {
  const move = moves.get(status.id);
  return move && isNewer(move, status) ? move : status;
}

/**
 * An answer that was on its way while an event overtook it does not set the status back. For `structuralSharing`, so what is equal to what is
 * shown is the same object: otherwise, pages would be drawn again without end.
 */
export function newerStatus(shown: unknown, answer: unknown): unknown {
  return replaceEqualDeep(shown, newerOf(shown as ConnectionStatus | undefined, answer as ConnectionStatus));
}

/** The same for each row of a page. */
export function newerRows(shown: unknown, answer: unknown): unknown {
  const [old, next] = [shown as ConnectionPage | undefined, answer as ConnectionPage];
  const rows = new Map(old?.data.map((row) => [row.id, row]));
  const data = next.data.map((row) => newerOf(rows.get(row.id), row));
  return replaceEqualDeep(shown, { ...next, data });
}

function newerOf(old: ConnectionStatus | undefined, next: ConnectionStatus): ConnectionStatus {
  return old?.id === next.id && old.as_of > next.as_of ? old : next;
}

/** A page that was fetched after the event was sent is not set back by it. */
function isNewer(move: ConnectionStatus | undefined, row: ConnectionStatus): boolean {
  return move !== undefined && move.as_of >= row.as_of;
}

/** The latest moves first, and no more than `limit`. */
export function addMoves(
  earlier: readonly ConnectionStatus[],
  latest: readonly ConnectionStatus[],
  limit: number,
): readonly ConnectionStatus[] {
  return latest.length === 0 ? earlier : [...latest.toReversed(), ...earlier].slice(0, limit);
}
