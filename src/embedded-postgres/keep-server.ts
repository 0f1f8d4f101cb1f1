import { types } from 'node:util';
import { pause as realPause } from './event-loop';
import type { RunningServer } from './server';

/** What happens to a server that is kept running. */
export type EmbeddedPostgresEvent =
  { type: 'died' } | { type: 'restarted'; attempt: number } | { type: 'restartFailed'; attempt: number; error: Error };

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** After a run of at least this length, restarts begin again with the shortest pause. */
const STEADY_MS = 10_000;

export interface KeepServerOptions {
  /** Starts the server again, on the same port. */
  restart: (signal: AbortSignal) => Promise<RunningServer>;
  onEvent: (event: EmbeddedPostgresEvent) => void;
  /** Stops the restarts and the server. */
  signal: AbortSignal;
  pause?: typeof realPause;
}

/**
 * Restarts the server whenever it dies, without a limit: the connection pool has only this one URL.
 *
 * @returns once the signal has aborted and the server is gone.
 */
export async function keepServer(first: RunningServer, options: KeepServerOptions): Promise<void> {
  const { restart, onEvent, signal, pause = realPause } = options;
  const stopAsked = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const isStopping = (): boolean => signal.aborted;
  let attempt = 0;

  for (let server: RunningServer | null = first; server; server = await bringBack()) {
    const startedAt = performance.now();
    await Promise.race([server.ended, stopAsked]);
    if (isStopping()) return server.stop();
    onEvent({ type: 'died' });
    if (performance.now() - startedAt >= STEADY_MS) attempt = 0;
  }

  async function bringBack(): Promise<RunningServer | null> {
    for (;;) {
      attempt += 1;
      await pause(backoffMs(attempt), signal);
      if (isStopping()) return null;
      const server = await tryAgain();
      if (server) return server;
    }
  }

  async function tryAgain(): Promise<RunningServer | null> {
    let server: RunningServer;
    try {
      server = await restart(signal);
    } catch (error) {
      if (!isStopping()) onEvent({ type: 'restartFailed', attempt, error: toError(error) });
      return null;
    }
    onEvent({ type: 'restarted', attempt });
    return server;
  }
}

/** Milliseconds to wait before an attempt. Attempts count from 1. */
export function backoffMs(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
}

function toError(error: unknown): Error {
  return types.isNativeError(error) ? error : new Error(String(error));
}
