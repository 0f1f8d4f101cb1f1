import { v7 as timeOrderedId } from 'uuid';
import type { ConnectionEventRow } from '../../src/connections/history/connection-event.entity';

/** One change of a gateway's state, as a row of its own. Each is newer than the ones before. */
export function aChange(gatewayId: string, changes: Partial<ConnectionEventRow> = {}): ConnectionEventRow {
  const { at = new Date() } = changes;
  return {
    id: timeOrderedId(),
    gatewayId,
    firstAt: at,
    at,
    from: 'connecting',
    to: 'authenticating',
    reason: null,
    attempt: 0,
    count: 1,
    ...changes,
  };
}
