import type { Moment } from '../common/clock';
import type { PublicGateway } from '../events/domain-events';
import type { Reason } from '../gateway-client/failure/failure';
import type { ObservedRecord } from './connection-record';
import type { ConnectionState } from './connection-state';

/**
 * One transition of a session from one state to another. Immutable, and shared by all listeners. Not
 * frozen, because that would make each change 50 % more expensive.
 */
export interface StateChange {
  /**
   * A UUID of version 7, greater than those of all earlier changes. The history stores the change under this id. The
   * stream has ids of its own, because they are positions in its log.
   */
  readonly id: string;
  /** The gateway as it was at the change. */
  readonly gateway: PublicGateway;
  readonly from: ConnectionState;
  readonly to: ConnectionState;
  readonly at: Moment;
  /** Why the gateway is not connected after the change; null if it is, or if nothing failed. */
  readonly reason: Reason | null;
  /** Consecutive failures. */
  readonly attempt: number;
  /** The record as it was at the change. */
  readonly status: ObservedRecord;
}

/**
 * Makes the change that has led to this record. Copies the record, because the record changes later.
 * @param record has the new state
 */
export function toStateChange(id: string, record: ObservedRecord, from: ConnectionState): StateChange {
  const status = copyOf(record);
  const { gateway, state: to, since: at, reason, attempt } = status;
  return { id, gateway, from, to, at, reason, attempt, status };
}

/** The gateway in the record need not be copied: it is replaced when it changes. */
function copyOf(record: ObservedRecord): ObservedRecord {
  if (record.state !== 'disconnected') return { ...record };
  // The row of a gateway that was deleted may still have the desired state `connected`.
  return { ...record, gateway: { ...record.gateway, desiredState: 'disconnected' } };
}
