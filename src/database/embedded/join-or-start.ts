import { databaseUrl, ensureDatabase } from './database';
import { pause } from './event-loop';
import { findFreePort } from './free-port';
import { backoffMs } from './keep-server';
import { findPostmaster } from './postmaster';
import { waitUntilReady } from './readiness';
import { startServer } from './server';
import type { RunningServer, ServerOptions } from './server';

/** Six seconds in all: time for the backends of a server that was killed to notice it and go. */
const ATTEMPTS = 7;

export interface JoinedServer {
  port: number;
  /** Null when the server is another launcher's. */
  own: RunningServer | null;
}

/**
 * Joins the live server of the cluster, or starts one, and sees to it that it has the database. Of several launchers at once,
 * one starts the server and the others, who fail at first, join it. A server that was joined in its last moments is replaced.
 *
 * @throws Error of the last attempt when none of 7 succeeds.
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

/** Null when there is no live server, or none any more: one that is stopping is waited for. */
async function join({ cluster }: ServerOptions): Promise<JoinedServer | null> {
  if (!(await findPostmaster(cluster.directory))) return null;
  const other = await waitUntilReady(cluster, (postmaster) => postmaster !== null);
  return other && { port: other.port, own: null };
}

async function start(options: ServerOptions): Promise<JoinedServer> {
  const port = await findFreePort();
  return { port, own: await startServer(options, port) };
}
