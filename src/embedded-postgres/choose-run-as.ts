import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { childEnvironment } from './child-environment';
import { commandLine, findServant, identity, waysToRun } from './run-as';
import type { Account, RunAs } from './run-as';

const execute = promisify(execFile);

/** Checks whether the program runs and the directory can be reached. */
const PROBE = '"$1" --version >/dev/null && cd "$2"';

/**
 * Picks the first way to run PostgreSQL that works on this machine.
 *
 * @param postgres path of the `postgres` program.
 * @param parent existing directory that contains or will contain the cluster.
 * @param cluster directory of the cluster, which may not exist yet.
 * @throws Error naming DATA_DIR and DATABASE_URL when this process is root and no way works.
 */
export async function chooseRunAs(postgres: string, parent: string, cluster: string): Promise<RunAs> {
  const ways = waysToRun(process.getuid?.(), await findOwner(cluster), findServant(await readPasswd()));
  for (const as of ways) {
    if (as.kind === 'self' || (await works(as, postgres, parent))) return as;
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and ${whyNot(ways)} ${postgres} or ${parent}: ` +
      'run as another user, set DATA_DIR to a directory that every user can access, or set DATABASE_URL',
  );
}

function whyNot(ways: RunAs[]): string {
  const account = ways.find((as) => as.kind === 'account')?.account;
  if (!account) return 'there is no user postgres or nobody that could access';
  const namespaces = ways.some((as) => as.kind === 'namespace') ? 'user namespaces do not work here and ' : '';
  return `${namespaces}uid ${account.uid} cannot access`;
}

async function works(as: RunAs, postgres: string, parent: string): Promise<boolean> {
  const [file = '', ...args] = commandLine(as, ['sh', '-c', PROBE, 'sh', postgres, parent]);
  try {
    await execute(file, args, { ...identity(as), env: childEnvironment(), cwd: '/' });
    return true;
  } catch {
    return false; // For whatever reason; the next way is tried.
  }
}

async function findOwner(path: string): Promise<Account | null> {
  try {
    return await stat(path);
  } catch {
    return null;
  }
}

async function readPasswd(): Promise<string> {
  try {
    return await readFile('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}
