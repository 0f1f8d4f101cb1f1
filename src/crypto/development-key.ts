import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The key of a development machine: created once, in a file of the data directory that only its owner can read.
 * @throws Error if the file exists but does not hold a key.
 */
export function developmentKey(dataDir: string): { key: Buffer; file: string; made: boolean } {
  const file = join(dataDir, 'encryption.key');
  mkdirSync(dataDir, { recursive: true });
  const made = writeOnce(file, `${randomBytes(32).toString('base64')}\n`);

  const key = Buffer.from(readFileSync(file, 'utf8'), 'base64');
  if (key.length !== 32)
    throw new Error(`${file} does not contain base64 of 32 bytes; restore it, or set ENCRYPTION_KEY`);
  return { key, file, made };
}

/** If several processes start at once, one wins. None reads a partial file, because a link appears whole or not at all. */
function writeOnce(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}
