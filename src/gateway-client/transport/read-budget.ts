/** The size of a full budget, in seconds. Short, so that a burst from one gateway blocks the event loop for milliseconds only. */
const BURST_SECONDS = 1 / 16;
const TICK_MS = 25;

/** What the unfinished messages of all readers may take together, in bytes, beyond the beginnings that are always kept. */
const UNFINISHED_BYTES = 128 * 1024 * 1024;

/** One reader and its share of the budget. */
export interface Reader {
  /** Bytes it may still read; can be negative. */
  allowance: number;
  /** When the allowance was last computed, on the monotonic clock. */
  refilledAt: number;
  /** What it holds of a large message that is not finished, in bytes. */
  heldBytes: number;
  /** Continues reading. */
  resume(): void;
}

/**
 * Limits the bytes read from each gateway per second, and the memory of the large messages that all of them are sending. A reader that has used up its budget waits for the refill; all waiting readers
 * share one timer.
 */
export class ReadBudget {
  private readonly burst: number;
  private readonly bytesPerMs: number;
  private readonly waiting = new Set<Reader>();
  private timer: NodeJS.Timeout | undefined;
  private unfinished = 0;

  /**
   * @param bytesPerSecond per reader
   * @param unfinishedBytes what the unfinished messages of all readers may take together
   */
  constructor(
    bytesPerSecond: number,
    private readonly unfinishedBytes = UNFINISHED_BYTES,
  ) {
    this.burst = bytesPerSecond * BURST_SECONDS;
    this.bytesPerMs = bytesPerSecond / 1000;
  }

  /** Notes what a reader holds of its unfinished message. @param held instead of what it held @returns false if there is no room for it */
  hold(reader: Reader, held: number): boolean {
    const unfinished = this.unfinished + held - reader.heldBytes;
    if (held > reader.heldBytes && unfinished > this.unfinishedBytes) return false;
    this.unfinished = unfinished;
    reader.heldBytes = held;
    return true;
  }

  /** Fills the budget of a new reader. */
  open(reader: Reader): void {
    reader.allowance = this.burst;
    reader.refilledAt = performance.now();
  }

  /** Refills the allowance. @returns whether the reader may continue */
  refill(reader: Reader): boolean {
    const now = performance.now();
    const earned = (now - reader.refilledAt) * this.bytesPerMs;
    reader.allowance = Math.min(this.burst, reader.allowance + earned);
    reader.refilledAt = now;
    return reader.allowance > 0;
  }

  /** Resumes the reader once it may continue. */
  wait(reader: Reader): void {
    this.waiting.add(reader);
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  private tick(): void {
    for (const reader of [...this.waiting]) {
      if (!this.refill(reader)) continue;
      this.waiting.delete(reader);
      reader.resume();
    }
    if (this.waiting.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
