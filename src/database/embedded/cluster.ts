import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries';
import { createCluster, PASSWORD_FILE } from './create-cluster';
import { hasCode } from './error-code';
import { giveTo } from './give-to';
import { findPostmaster } from './postmaster';
import type { RunAs } from './run-as';

/** A directory of databases, and the password of its only user. */
export interface Cluster {
  directory: string;
  password: string;
}

export interface ClusterOptions {
  /** Where the cluster is, or is to be made. Its parent exists. */
  directory: string;
  binaries: Binaries;
  runAs: RunAs;
  /** What initdb prints is appended here. */
  log: string;
  /** Skips making a new cluster safe against a power failure. */
  ephemeral: boolean;
}

/**
 * Opens the cluster, after making it when there is none. Others may do the same at the same time.
 *
 * @throws Error saying what to do when the cluster is another user's, another major version's, or not made by us.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { directory, binaries, runAs } = options;

  await refuseForeignOwner(directory);
  if ((await readVersion(directory)) === null) await createCluster(options);
  const [version, password] = await Promise.all([readVersion(directory), readPassword(directory)]);
  if (version === null || password === null) {
    throw new Error(
      `${directory} is not a cluster made by this service: move it away, or set DATA_DIR or DATABASE_URL`,
    );
  }
  if (version !== binaries.major) {
    throw new Error(
      `${directory} was made by PostgreSQL ${version}, and this is ${binaries.major}: ` +
        'dump and restore it, or set DATA_DIR or DATABASE_URL',
    );
  }
  // Root's own cluster, made where user namespaces worked. A running server keeps the owner that it started with.
  if (runAs.kind === 'account' && !(await findPostmaster(directory))) await giveTo(runAs.account, directory);
  return { directory, password };
}

/** PostgreSQL would refuse too, but only in its log. Root may become any owner. */
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

/** Null when the file does not exist. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
