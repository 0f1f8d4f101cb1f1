/** The states of a session. `disconnected` follows from the desired state; every other state is observed. */
export const CONNECTION_STATES = [
  'disconnected',
  'connecting',
  'authenticating',
  'connected',
  'reconnecting',
  'auth_failed',
] as const;

export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** The states that a status can have. `unknown`: another process observes the connection, or none does, and nobody can be asked. */
export const STATUS_STATES = [...CONNECTION_STATES, 'unknown'] as const;

export type StatusState = (typeof STATUS_STATES)[number];

/** Whether there is a socket, or an attempt to open one. */
export function isUnderWay(state: StatusState): boolean {
  return state === 'connecting' || state === 'authenticating' || state === 'connected';
}

/** How liveness is checked: by WebSocket pings, or by a probe command for a gateway that ignores them. */
export const LIVENESS = ['ping', 'probe'] as const;

export type Liveness = (typeof LIVENESS)[number];
