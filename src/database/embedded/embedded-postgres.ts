import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findBinaries } from './binaries';
import { chooseRunAs } from './choose-run-as';
import { openCluster } from './cluster';
import { databaseUrl } from './database';
import { keepingNodeAlive } from './event-loop';
import { joinOrStart } from './join-or-start';
import { keepServer } from './keep-server';
import { startServer } from './server';

export interface EmbeddedPostgresOptions {
  /** Directory for the cluster (`pgdata`) and the server log (`postgres.log`); made when missing. */
  dataDir: string;
  /** Made when missing. Default `gateway_hub`. */
  database?: string;
  /** A throw-away cluster: no fsync, no durability. For tests. */
  ephemeral?: boolean;
  /** Told when the server died and when it is back, so the caller can log it. */
  onEvent?: (event: EmbeddedPostgresEvent) => void;
}

export type EmbeddedPostgresEvent =
  { type: 'died' } | { type: 'restarted'; attempt: number } | { type: 'restartFailed'; attempt: number; error: Error };

export interface EmbeddedPostgres {
  /** postgres://user:password@127.0.0.1:port/database ; stays valid across restarts: the port never changes. */
  readonly url: string;
  /** True when another live process of ours owns the server; then stop() leaves it alone and we never restart it. */
  readonly reused: boolean;
  /** Fast shutdown; resolves when the server is gone. Safe to call twice, also while a restart is under way. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that npm installed, or joins the one that already serves the directory. A server of ours is brought
 * back when it dies, ends when this process ends in any way, and does not keep Node alive.
 *
 * @throws Error saying what to do when this platform, this user or this directory cannot have one.
 */
export function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return keepingNodeAlive(start(options));
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { database = 'gateway_hub', ephemeral = false, onEvent = () => undefined } = options;
  const binaries = await findBinaries();
  await mkdir(options.dataDir, { recursive: true });
  // One spelling for every launcher: a live server is recognized by the path it was started with.
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
