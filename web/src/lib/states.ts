import type { ConnectionState } from '../../.generated/types.gen';

/** The states of a connection in the order in which pages list them: what needs a person first. */
export const STATES = [
  'auth_failed',
  'reconnecting',
  'connecting',
  'authenticating',
  'connected',
  'disconnected',
] as const satisfies readonly ConnectionState[];

/** How a state is called, and which colours it has: `--ok`, `--warn` and so on in tokens.css. */
export const STATE_LOOKS: Record<ConnectionState, { readonly label: string; readonly tone: Tone }> = {
  connected: { label: 'Connected', tone: 'ok' },
  connecting: { label: 'Connecting', tone: 'busy' },
  authenticating: { label: 'Logging in', tone: 'busy' },
  reconnecting: { label: 'Reconnecting', tone: 'warn' },
  auth_failed: { label: 'Login failed', tone: 'bad' },
  disconnected: { label: 'Disconnected', tone: 'idle' },
  unknown: { label: 'Unknown', tone: 'idle' },
};

export type Tone = 'ok' | 'busy' | 'warn' | 'bad' | 'idle';
