import { open } from 'node:fs/promises';

const TAIL_BYTES = 2048;
const TAIL_LINES = 8;

/** The last lines of a log, for an error message. Empty if it cannot be read. */
export async function readTail(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.alloc(TAIL_BYTES),
        position: Math.max(0, size - TAIL_BYTES),
      });
      return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
    } finally {
      await file.close();
    }
  } catch {
    return ''; // Must not hide the error that the log was to explain.
  }
}
