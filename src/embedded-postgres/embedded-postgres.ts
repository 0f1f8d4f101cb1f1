import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findBinaries } from './binaries';
import { chooseRunAs } from './choose-run-as';
import { openCluster } from './cluster';
import { databaseUrl } from './database';
import { keepingNodeAlive } from './event-loop';
import { joinOrStart } from './join-or-start';
import { keepServer } from './keep-server';
import type { EmbeddedPostgresEvent } from './keep-server';
import { startServer } from './server';

export interface EmbeddedPostgresOptions {
  /** Directory for the cluster (`pgdata`) and the server log (`postgres.log`); created if missing. */
  dataDir: string;
  /** Created if missing. Default `gateway_hub`. */
  database?: string;
  /** A throw-away cluster: no fsync, no durability. For tests. */
  ephemeral?: boolean;
  /** Called when the server dies, and when a restart succeeds or fails, so that the caller can log it. */
  onEvent?: (event: EmbeddedPostgresEvent) => void;
}

export interface EmbeddedPostgres {
  /** postgres://user:password@127.0.0.1:port/database. Stays valid across restarts: the port does not change. */
  readonly url: string;
  /** True if another process owns the server. Then `stop` leaves it running, and it is not restarted from here. */
  readonly reused: boolean;
  /** Fast shutdown; resolves when the server is gone. Safe to call twice, and during a restart. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that npm installed, or joins the server that already runs on the directory. A server started here is restarted
 * when it dies, ends with this process however that ends, and does not keep Node alive.
 *
 * @throws Error with instructions if PostgreSQL cannot run on this platform, as this user or in this directory.
 */
export function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return keepingNodeAlive(start(options));
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { database = 'gateway_hub', ephemeral = false, onEvent = () => undefined } = options;
  const binaries = await findBinaries();
  await mkdir(options.dataDir, { recursive: true });
  // The canonical path, the same for every launcher: a live server is recognized by the path on its command line.
  const parent = await realpath(options.dataDir);
  const directory = join(parent, 'pgdata');
  const log = join(parent, 'postgres.log');
  const runAs = await chooseRunAs(binaries.postgres, parent, directory);
  const cluster = await openCluster({ directory, binaries, runAs, log, ephemeral });

  const settings = { postgres: binaries.postgres, cluster, runAs, log, ephemeral };
  const { port, own } = await joinOrStart(settings, database);
  const url = databaseUrl(cluster, port, database);
  if (!own) return { url, reused: true, stop: () => Promise.resolve() };

  const stopping = new AbortController();
  const kept = keepServer(own, {
    restart: (signal) => startServer(settings, port, signal),
    onEvent,
    signal: stopping.signal,
  });
  const stop = (): Promise<void> => {
    stopping.abort();
    return keepingNodeAlive(kept);
  };
  return { url, reused: false, stop };
}
