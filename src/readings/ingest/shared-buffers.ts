/** Sizes are multiples of this, so that messages of about the same length fit into the same buffer. */
const STEP_BYTES = 65_536;
/** Larger ones are not used again: they would hold memory that hardly any message needs. */
const KEPT_BYTES = 16 * STEP_BYTES;

/**
 * Memory in which messages are shown to another thread, used again and again. A buffer for each message would make V8 collect the whole heap
 * every 64 MiB, for 10 to 20 ms.
 */
export class SharedBuffers {
  private readonly free: SharedArrayBuffer[] = [];

  /** @param most how many are kept */
  constructor(private readonly most: number) {}

  /** A buffer that begins with these bytes; `giveBack` when no thread reads it any more. */
  copyOf(bytes: Uint8Array): SharedArrayBuffer {
    const at = this.free.findIndex(({ byteLength }) => byteLength >= bytes.length);
    const [found] = at >= 0 ? this.free.splice(at, 1) : [];
    const shared = found ?? new SharedArrayBuffer(Math.ceil(bytes.length / STEP_BYTES) * STEP_BYTES);
    new Uint8Array(shared).set(bytes);
    return shared;
  }

  giveBack(shared: SharedArrayBuffer): void {
    if (shared.byteLength > KEPT_BYTES) return;
    this.free.push(shared);
    if (this.free.length > this.most) this.free.shift(); // The oldest, which may be too small for the messages of today.
  }
}
