import type { Moment } from '../common/clock';
import type { PublicGateway } from '../events/domain-events';
import type { Reason } from '../gateway-client/failure/failure';
import type { ConnectionState, Liveness, StatusState } from './connection-state';

/** A command to a gateway, and when it was sent. */
export interface BusyWith {
  readonly command: string;
  readonly since: Moment;
}

/** What was known of a connection before nobody could be asked about it. */
export interface LastKnown {
  readonly state: ConnectionState;
  readonly since: Moment;
  /** When it was known. */
  readonly asOf: Moment;
}

/**
 * What is known of one connection. Its session changes it all the time, so copy what you keep. Times are moments on the
 * monotonic clock, converted to wall-clock time when a status is built.
 */
export interface ConnectionRecord<State extends StatusState = StatusState> {
  readonly gateway: PublicGateway;
  readonly state: State;
  /** When it entered this state. */
  readonly since: Moment;
  readonly reason: Reason | null;
  /** Consecutive failures. */
  readonly attempt: number;
  readonly nextRetryAt: Moment | null;
  readonly connectedAt: Moment | null;
  /** The last sign of life, from this session or as stored by an earlier one. */
  readonly lastSeenAt: Moment | null;
  readonly lastMessageAt: Moment | null;
  /** When the first bytes of an incomplete message arrived; null if there is none. */
  readonly receivingSince: Moment | null;
  /** The command that a gateway may be too busy with to answer anything else; null if there is none. */
  readonly busy: BusyWith | null;
  /** The round trip of the last answered ping, in milliseconds. */
  readonly latencyMs: number | null;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly reconnects: number;
  readonly liveness: Liveness;
  /**
   * Whether the certificate of the current socket was verified; null without a certificate. Without a socket: false if verification is
   * disabled, otherwise null.
   */
  readonly tlsVerified: boolean | null;
  /** When the certificate of the latest socket expires, in milliseconds since 1970; null without one. */
  readonly certificateExpiresAt: number | null;
  /** The process that observes the connection, by its `instanceId`; null if none can be asked. */
  readonly observedBy: string | null;
  /** When another process has told this; null for what this process observes, or knows by itself. */
  readonly toldAt: Moment | null;
  /** Null unless the state is `unknown` and was known before. */
  readonly lastKnown: LastKnown | null;
}

/** The record of a connection that a process observes. */
export type ObservedRecord = ConnectionRecord<ConnectionState>;

/** Whether this process observes the connection. */
export function isOwn(record: ConnectionRecord): record is ObservedRecord {
  return record.observedBy !== null && record.toldAt === null;
}

/** The record as its session writes it. Only the session that added the record to the registry has it. */
export type WritableRecord = { -readonly [Field in keyof ObservedRecord]: ObservedRecord[Field] };
