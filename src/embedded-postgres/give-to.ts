import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Account } from './run-as';

const execute = promisify(execFile);

/** Makes the account the owner of a file, or of a directory and its contents. Requires root. */
export async function giveTo({ uid, gid }: Account, path: string): Promise<void> {
  await execute('chown', ['-R', `${uid}:${gid}`, path]);
}
