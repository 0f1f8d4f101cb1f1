import type { Cluster } from './cluster-options';
import { databaseUrl, ping } from './database';
import { pause } from './event-loop';
import { findPostmaster } from './postmaster';
import type { Postmaster } from './postmaster';

const POLL_MS = 20;
/** Long, because a large cluster takes time to recover from a crash. */
const READY_TIMEOUT_MS = 60_000;

/**
 * Waits until the cluster's server accepts connections, no matter which process started it.
 *
 * @param isWorthWaiting called before each check with the current live server; false ends the wait.
 * @returns null if `isWorthWaiting` returned false.
 * @throws Error if the server is not ready within 60 seconds.
 */
export async function waitUntilReady(
  cluster: Cluster,
  isWorthWaiting: (postmaster: Postmaster | null) => boolean,
): Promise<Postmaster | null> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  let problem: unknown;
  while (performance.now() < deadline) {
    const postmaster = await findPostmaster(cluster.directory);
    if (!isWorthWaiting(postmaster)) return null;
    try {
      // Check the pid file first: connecting too early leaves an error in the server's log.
      if (postmaster?.ready) {
        await ping(databaseUrl(cluster, postmaster.port));
        return postmaster;
      }
    } catch (error) {
      problem = error; // It may be stopping, or recovering from the crash of a backend.
    }
    await pause(POLL_MS);
  }
  throw new Error(`the PostgreSQL of ${cluster.directory} is not ready after ${READY_TIMEOUT_MS} ms`, {
    cause: problem,
  });
}
