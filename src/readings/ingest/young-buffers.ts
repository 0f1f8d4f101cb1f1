import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Small: V8 counts what one collection has found as free only at the next one. */
const EVERY_BYTES = 3 * 1024 * 1024;

type Collect = (options: { readonly type: 'minor' }) => void;

/**
 * Has V8 collect its young objects as large messages arrive. The pieces of a message are buffers outside of the heap, which hardly grows, so V8
 * lets them add up; then it collects the whole heap, for 10 to 20 ms besides steps of the same length, and at 200 readings a second twice
 * a second. The young objects take 1.6 ms.
 */
export class YoungBuffers {
  private bytes = 0;
  private readonly collect = findCollect();

  /** Call for each message that is let go soon. @param bytes its length */
  note(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < EVERY_BYTES) return;
    this.bytes = 0;
    this.collect?.({ type: 'minor' });
  }
}

/** V8's function for that, which a new context has while the flag is set; null if this V8 has none. */
function findCollect(): Collect | null {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as Collect) : null;
}
