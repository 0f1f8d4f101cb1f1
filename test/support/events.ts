import { v7 as timeOrderedId } from 'uuid';
import type { ConnectionEventRow, WaitingEvent } from '../../src/history/connection-event.entity';

const CHANGE = { from: 'connecting', to: 'authenticating', reason: null, attempt: 0, count: 1 } as const;

/** A state change of a gateway, as a row of its own. Each is newer than the previous one. */
export function aChange(gatewayId: string, changes: Partial<ConnectionEventRow> = {}): ConnectionEventRow {
  const { at = new Date() } = changes;
  return { id: timeOrderedId(), gatewayId, firstAt: at, at, ...CHANGE, ...changes };
}

/** The same, before it is stored. */
export function aWaitingEvent(gatewayId: string, changes: Partial<WaitingEvent> = {}): WaitingEvent {
  const { at = performance.now() } = changes;
  return { id: timeOrderedId(), gatewayId, firstAt: at, at, ...CHANGE, ...changes };
}
