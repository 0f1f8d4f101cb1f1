import { databaseUrl, ensureDatabase } from './database';
import { pause } from './event-loop';
import { findFreePort } from './free-port';
import { backoffMs } from './keep-server';
import { findPostmaster } from './postmaster';
import { waitUntilReady } from './readiness';
import { startServer } from './server';
import type { RunningServer, ServerOptions } from './server';

/** About six seconds in all, so that the backends of a killed server have time to notice and exit. */
const ATTEMPTS = 7;

export interface JoinedServer {
  port: number;
  /** Null if another launcher owns the server. */
  own: RunningServer | null;
}

/**
 * Joins the cluster's live server or starts one, and creates the database if it is missing. If several launchers run at once, one
 * starts the server; the others fail at first, then join it. A server that was about to stop when it was joined is replaced.
 *
 * @throws Error of the last attempt if all 7 fail.
 */
export async function joinOrStart(options: ServerOptions, database: string): Promise<JoinedServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryOnce(options, database);
    } catch (error) {
      if (attempt >= ATTEMPTS) throw error;
    }
    await pause(backoffMs(attempt));
  }
}

async function tryOnce(options: ServerOptions, database: string): Promise<JoinedServer> {
  const server = (await join(options)) ?? (await start(options));
  try {
    await ensureDatabase(databaseUrl(options.cluster, server.port), database);
  } catch (error) {
    await server.own?.stop();
    throw error;
  }
  return server;
}

/** Null if there is no live server. Waits for one that is starting or stopping. */
async function join({ cluster }: ServerOptions): Promise<JoinedServer | null> {
  if (!(await findPostmaster(cluster.directory))) return null;
  const other = await waitUntilReady(cluster, (postmaster) => postmaster !== null);
  return other && { port: other.port, own: null };
}

async function start(options: ServerOptions): Promise<JoinedServer> {
  const port = await findFreePort();
  return { port, own: await startServer(options, port) };
}
