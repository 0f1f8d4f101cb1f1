import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommand } from './process-table';

/** What a server says about itself in its `postmaster.pid`. */
export interface Postmaster {
  pid: number;
  port: number;
  /** It has finished starting, or recovering, and is not stopping. */
  ready: boolean;
}

/** Reads the text of a `postmaster.pid`. Null while it is only half written. */
export function parsePidFile(text: string): Postmaster | null {
  // Line 1 is the pid, line 4 the port, line 8 the state, padded with blanks.
  const lines = text.split('\n').map((line) => line.trim());
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isInteger(pid) || pid <= 0 || !Number.isInteger(port) || port <= 0) return null;
  return { pid, port, ready: lines[7] === 'ready' };
}

/** The server that the cluster's pid file names, dead or alive. Null without such a file. */
export async function readPidFile(directory: string): Promise<Postmaster | null> {
  try {
    return parsePidFile(await readFile(join(directory, 'postmaster.pid'), 'utf8'));
  } catch {
    return null; // No server, or one that was made unreadable: then starting another says why it cannot.
  }
}

/** The live server of the cluster. */
export async function findPostmaster(directory: string): Promise<Postmaster | null> {
  const postmaster = await readPidFile(directory);
  return postmaster && (await isPostmasterOf(directory, postmaster.pid)) ? postmaster : null;
}

/**
 * Whether the process is the server of this very cluster. A live pid proves nothing: after a crash or a reboot it may be
 * anybody's, and a zombie keeps it too.
 */
export async function isPostmasterOf(directory: string, pid: number): Promise<boolean> {
  const command = await readCommand(pid);
  return command.includes('postgres') && `${command} `.includes(` -D ${directory} `);
}
