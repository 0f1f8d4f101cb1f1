import type { Moment } from '../common/clock';
import type { PublicGateway } from '../events/domain-events';
import type { Reason } from '../gateway-client/failure';
import type { ConnectionState, Liveness } from './connection-state';

/**
 * The live status of one connection. Only its session writes it. Times are moments on the monotonic clock, converted to wall-clock
 * time when a status is built.
 */
export interface ConnectionRecord {
  gateway: PublicGateway;
  state: ConnectionState;
  /** When it entered this state. */
  since: Moment;
  reason: Reason | null;
  /** Consecutive failures. */
  attempt: number;
  nextRetryAt: Moment | null;
  connectedAt: Moment | null;
  /** The last sign of life, from this session or as stored by an earlier one. */
  lastSeenAt: Moment | null;
  lastMessageAt: Moment | null;
  /** When the first bytes of an incomplete message arrived; null if there is none. */
  receivingSince: Moment | null;
  /** The round trip of the last answered ping, in milliseconds. */
  latencyMs: number | null;
  messagesReceived: number;
  messagesSent: number;
  reconnects: number;
  liveness: Liveness;
  /**
   * Whether the certificate of the current socket was verified; null without a certificate. Without a socket: false if verification is
   * disabled, otherwise null.
   */
  tlsVerified: boolean | null;
}
