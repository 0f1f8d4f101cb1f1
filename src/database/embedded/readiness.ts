import type { Cluster } from './cluster';
import { databaseUrl, ping } from './database';
import { pause } from './event-loop';
import { findPostmaster } from './postmaster';
import type { Postmaster } from './postmaster';

const POLL_MS = 20;
/** Long, since a big cluster takes its time to recover from a crash. */
const READY_TIMEOUT_MS = 60_000;

/**
 * Waits until the cluster's server takes connections, whoever started it.
 *
 * @param isWorthWaiting asked again and again, with the server that lives at that moment.
 * @returns null when it is no longer worth waiting.
 * @throws Error when the server is not ready within 60 seconds.
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
      // The file first: a connection that comes too early leaves an error in the server's log.
      if (postmaster?.ready) {
        await ping(databaseUrl(cluster, postmaster.port));
        return postmaster;
      }
    } catch (error) {
      problem = error; // It may have begun to stop, or to recover from the crash of a backend.
    }
    await pause(POLL_MS);
  }
  throw new Error(`the PostgreSQL of ${cluster.directory} is not ready after ${READY_TIMEOUT_MS} ms`, {
    cause: problem,
  });
}
