import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './error-code';
import { pause, settlesWithin } from './event-loop';
import type { Cluster } from './cluster-options';
import { findPostmaster, isPostmasterOf, readPidFile } from './postmaster';
import { sendSignal } from './process-table';
import { waitUntilReady } from './readiness';
import type { RunAs } from './run-as';
import { readTail } from './server-log';
import { SupervisedProcess } from './supervised-process';

const POLL_MS = 20;
/** An empty pid file of this age is abandoned: a server writes to its pid file right after creating it. */
const ABANDONED_MS = 2000;
/** How long a shutdown may take before the next, more forceful signal. */
const SHUTDOWN_MS = 10_000;

const EPHEMERAL_SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=64MB',
  'max_connections=200', // Test suites run in parallel, each with its own pools.
];

export interface ServerOptions {
  /** Path of the program. */
  postgres: string;
  cluster: Cluster;
  runAs: RunAs;
  /** File that the server's output is appended to. */
  log: string;
  ephemeral: boolean;
}

/** One run of a server that this process started. */
export interface RunningServer {
  readonly port: number;
  /** Resolves when the server ends, for any reason, with how it ended: such as `exit code 0`. */
  readonly ended: Promise<string>;
  /** Fast shutdown; SIGQUIT after 10 seconds, SIGKILL after 20. Resolves when the server is gone. */
  stop(): Promise<void>;
}

/**
 * Starts the server and waits until it accepts connections.
 *
 * @param signal aborts the start and stops the server.
 * @throws Error with the end of the log if it does not start, for instance because another server has the cluster or the port.
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
    'unix_socket_directories=', // TCP only: the path of a Unix socket is limited to 107 bytes.
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
 * If the pid in a stale pid file now belongs to an unrelated process or a zombie, PostgreSQL believes that a server is running. Removing
 * the file here would race with a server that is just starting. PostgreSQL replaces the file safely when PG_GRANDPARENT_PID, the
 * variable that pg_ctl uses for this, says that the pid is not a server.
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
  // Only needed if the supervisor was killed and the server is still running.
  for (let left = await findOurs(); left; left = await findOurs()) {
    sendSignal(left.pid, 'SIGINT');
    await pause(POLL_MS);
  }
}
