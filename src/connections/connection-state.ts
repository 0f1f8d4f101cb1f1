/** The states of a session. `disconnected` is what the operator wants; every other one is what was observed. */
export const CONNECTION_STATES = [
  'disconnected',
  'connecting',
  'authenticating',
  'connected',
  'reconnecting',
  'auth_failed',
] as const;

export type ConnectionState = (typeof CONNECTION_STATES)[number];

/**
 * The states that a status can have. `unknown` is for a connection that another process observes and cannot report: one process
 * holds all sessions now, so no status has it.
 */
export const STATUS_STATES = [...CONNECTION_STATES, 'unknown'] as const;

export type StatusState = (typeof STATUS_STATES)[number];

/** Whether there is a socket, or a try to have one. */
export function isUnderWay(state: ConnectionState): boolean {
  return state === 'connecting' || state === 'authenticating' || state === 'connected';
}

/** How far an attempt got before it failed, in the order of the attempt. */
export const STEPS = ['credentials', 'resolve', 'tcp', 'tls', 'upgrade', 'login', 'subscribe', 'live'] as const;

export type Step = (typeof STEPS)[number];

/** What went wrong, stable for programs to branch on. */
export const REASON_CODES = [
  'credentials_unreadable',
  'dns_failed',
  'address_refused',
  'connect_refused',
  'connect_timeout',
  'unreachable',
  'tls_failed',
  'upgrade_rejected',
  'login_timeout',
  'login_refused',
  'subscribe_refused',
  'closed_by_gateway',
  'heartbeat_timeout',
  'protocol_error',
  'message_too_big',
  'connection_lost',
  'logged_out',
  'out_of_resources',
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

/** Why a gateway is not connected. The message is for people, and never contains credentials. */
export interface Reason {
  readonly code: ReasonCode;
  readonly step: Step;
  readonly message: string;
}

/** How it is found out whether a gateway is alive: by WebSocket pings, or by a question to one that ignores those. */
export const LIVENESS = ['ping', 'probe'] as const;

export type Liveness = (typeof LIVENESS)[number];
