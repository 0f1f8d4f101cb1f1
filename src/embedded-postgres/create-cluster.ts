import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ClusterOptions } from './cluster-options';
import { USER } from './database';
import { hasCode } from './error-code';
import { giveTo } from './give-to';
import { isAlive } from './process-table';
import { readTail } from './server-log';
import { SupervisedProcess } from './supervised-process';

/** Stored inside the cluster, so that the two stay together. */
export const PASSWORD_FILE = 'gateway-hub-password';

/**
 * Creates a cluster with initdb in a temporary directory next to its final place, then renames it. A process that is killed midway
 * leaves no partial cluster there. If several processes do this at once, one wins and the others keep its cluster.
 *
 * @throws Error with the end of the log if initdb fails.
 */
export async function createCluster(options: ClusterOptions): Promise<void> {
  const { directory, runAs } = options;

  await removeAbandonedDrafts(directory);
  const draft = await mkdtemp(`${directory}.init-${process.pid}-`);
  const [cluster, password] = [join(draft, 'cluster'), join(draft, 'password')];
  try {
    await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (runAs.kind === 'account') await giveTo(runAs.account, draft);
    await initialize(cluster, password, options);
    await rename(password, join(cluster, PASSWORD_FILE));
    await renameUnlessTaken(cluster, directory);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function initialize(
  cluster: string,
  password: string,
  { binaries, runAs, log, ephemeral }: ClusterOptions,
): Promise<void> {
  const initdb = await SupervisedProcess.start({
    runAs,
    log,
    command: [
      binaries.initdb,
      `--pgdata=${cluster}`,
      `--username=${USER}`,
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      // Not the machine's locale: without LANG, the encoding would be SQL_ASCII.
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(ephemeral ? ['--no-sync'] : []),
    ],
  });
  const how = await initdb.ended;
  if (how !== 'exit code 0') throw new Error(`initdb failed (${how}):\n${await readTail(log)}`);
}

async function renameUnlessTaken(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

/** Removes the directories of processes that were killed during initdb. */
async function removeAbandonedDrafts(directory: string): Promise<void> {
  const parent = dirname(directory);
  const prefix = `${basename(directory)}.init-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix) || isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}
