import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster, ClusterOptions } from './cluster-options';
import { createCluster, PASSWORD_FILE } from './create-cluster';
import { hasCode } from './error-code';
import { giveTo } from './give-to';
import { findPostmaster } from './postmaster';

/**
 * Opens the cluster, and creates it first if there is none. Other processes may do the same concurrently.
 *
 * @throws Error with instructions if the cluster belongs to another user or major version, or was not made by this service.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { directory, binaries, runAs } = options;

  await refuseForeignOwner(directory);
  if ((await readVersion(directory)) === null) await createCluster(options);
  const [version, password] = await Promise.all([readVersion(directory), readPassword(directory)]);
  if (version === null || password === null) {
    throw new Error(
      `${directory} is not a cluster created by this service: move it away, or set DATA_DIR or DATABASE_URL`,
    );
  }
  if (version !== binaries.major) {
    throw new Error(
      `${directory} was created by PostgreSQL ${version}, and this is ${binaries.major}: ` +
        'dump and restore it, or set DATA_DIR or DATABASE_URL',
    );
  }
  // Root may own the cluster, if it was made when user namespaces worked. The owner must not change under a running server.
  if (runAs.kind === 'account' && !(await findPostmaster(directory))) await giveTo(runAs.account, directory);
  return { directory, password };
}

/** PostgreSQL would refuse too, but only in its log. Root may use any cluster, because it can switch to the owner. */
async function refuseForeignOwner(directory: string): Promise<void> {
  const self = process.getuid?.();
  const owner = (await orNull(stat(directory)))?.uid;
  if (self === undefined || self === 0 || owner === undefined || owner === self) return;
  throw new Error(
    `${directory} belongs to another user (uid ${owner}, this is uid ${self}): ` +
      'run as that user, delete it, or set DATA_DIR or DATABASE_URL',
  );
}

async function readVersion(directory: string): Promise<string | null> {
  return (await orNull(readFile(join(directory, 'PG_VERSION'), 'utf8')))?.trim() ?? null;
}

async function readPassword(directory: string): Promise<string | null> {
  return orNull(readFile(join(directory, PASSWORD_FILE), 'utf8'));
}

/** Null if the file does not exist. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
