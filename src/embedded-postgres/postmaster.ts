import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommand } from './process-table';

/** A server as its `postmaster.pid` describes it. */
export interface Postmaster {
  pid: number;
  port: number;
  /** It has finished starting, or recovering, and is not stopping. */
  ready: boolean;
}

/** Parses the text of a `postmaster.pid`. Null if it is incomplete. */
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
    return null; // No server, or an unreadable file: then an attempt to start another server reports why it cannot.
  }
}

/** The live server of the cluster. */
export async function findPostmaster(directory: string): Promise<Postmaster | null> {
  const postmaster = await readPidFile(directory);
  return postmaster && (await isPostmasterOf(directory, postmaster.pid)) ? postmaster : null;
}

/**
 * Whether the process is this cluster's server. A live pid is no proof: after a crash or a reboot it may belong to any process, and a
 * zombie also keeps its pid.
 */
export async function isPostmasterOf(directory: string, pid: number): Promise<boolean> {
  const command = await readCommand(pid);
  return command.includes('postgres') && `${command} `.includes(` -D ${directory} `);
}
