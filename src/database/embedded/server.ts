import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './error-code';
import { pause, settlesWithin } from './event-loop';
import type { Cluster } from './cluster';
import { findPostmaster, isPostmasterOf, readPidFile } from './postmaster';
import { sendSignal } from './process-table';
import { waitUntilReady } from './readiness';
import type { RunAs } from './run-as';
import { readTail } from './server-log';
import { SupervisedProcess } from './supervised-process';

const POLL_MS = 20;
/** A server writes its pid file immediately after creating it. */
const ABANDONED_MS = 2000;
/** How long a shutdown may take before a harder one. */
const SHUTDOWN_MS = 10_000;

const EPHEMERAL_SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=64MB',
  'max_connections=200', // Suites run in parallel, each with pools of its own.
];

export interface ServerOptions {
  /** Path of the program. */
  postgres: string;
  cluster: Cluster;
  runAs: RunAs;
  /** What the server prints is appended here. */
  log: string;
  ephemeral: boolean;
}

/** One run of a server that is ours. */
export interface RunningServer {
  readonly port: number;
  /** Resolves with the manner when it ended, for whatever reason. */
  readonly ended: Promise<string>;
  /** Fast shutdown; harder ones after 10 and 20 seconds. Resolves when the server is gone, at once if it is already. */
  stop(): Promise<void>;
}

/**
 * Starts the server and waits until it takes connections.
 *
 * @param signal gives up and ends the server again.
 * @throws Error with the end of the log when it does not start, be it because another server has the cluster or the port.
 */
export async function startServer(options: ServerOptions, port: number, signal?: AbortSignal): Promise<RunningServer> {
  const { cluster, log } = options;
  const server = await spawnServer(options, port);
  try {
    const postmaster = await waitUntilReady(cluster, () => server.isRunning && !signal?.aborted);
    if (postmaster?.port === port) return { port, ended: server.ended, stop: () => stopServer(server, cluster, port) };
  } catch (error) {
    await stopServer(server, cluster, port);
    throw error;
  }
  await stopServer(server, cluster, port);
  throw new Error(`PostgreSQL did not start on port ${port} (${await server.ended}):\n${await readTail(log)}`);
}

async function spawnServer({ postgres, cluster, runAs, log, ephemeral }: ServerOptions, port: number) {
  const { directory } = cluster;
  await removeEmptyPidFile(directory);
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=', // TCP alone: the path of a socket may be 107 bytes long at most.
    ...(ephemeral ? EPHEMERAL_SETTINGS : []),
  ];
  return SupervisedProcess.start({
    runAs,
    log,
    command: [postgres, '-D', directory, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    environment: await disownStalePid(directory),
  });
}

/**
 * A pid file whose pid now is a stranger's, or a zombie's, makes PostgreSQL believe that a server is running. To remove the
 * file here would be a race with a server that starts just now; PostgreSQL itself replaces it safely once told, in the way
 * pg_ctl does it, that this pid is no server.
 */
async function disownStalePid(directory: string): Promise<NodeJS.ProcessEnv> {
  const named = await readPidFile(directory);
  if (!named || (await isPostmasterOf(directory, named.pid))) return {};
  return { PG_GRANDPARENT_PID: String(named.pid) };
}

/**
 * A power failure can leave an empty pid file, and PostgreSQL refuses to start with one. A server that is just starting also has an
 * empty pid file for a moment, so only an old one is removed.
 */
async function removeEmptyPidFile(directory: string): Promise<void> {
  const path = join(directory, 'postmaster.pid');
  try {
    const { size, mtimeMs } = await stat(path);
    if (size === 0 && Date.now() - mtimeMs > ABANDONED_MS) await unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function stopServer(server: SupervisedProcess, { directory }: Cluster, port: number): Promise<void> {
  // By port, because the cluster's server may be another launcher's.
  const findOurs = async () => {
    const postmaster = await findPostmaster(directory);
    return postmaster?.port === port ? postmaster : null;
  };

  server.end();
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    if (await settlesWithin(server.ended, SHUTDOWN_MS)) break;
    const postmaster = await findOurs();
    if (postmaster) sendSignal(postmaster.pid, signal);
  }
  await server.ended;
  // Only where somebody killed the supervisor and left the server alive.
  for (let left = await findOurs(); left; left = await findOurs()) {
    sendSignal(left.pid, 'SIGINT');
    await pause(POLL_MS);
  }
}
