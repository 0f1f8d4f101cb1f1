/** The size of a full budget, in seconds. Short, so that a burst from one gateway blocks the event loop for milliseconds only. */
const BURST_SECONDS = 1 / 16;
const TICK_MS = 25;

/** One reader and its share of the budget. */
export interface Reader {
  /** Bytes it may still read; can be negative. */
  allowance: number;
  /** When the allowance was last computed, on the monotonic clock. */
  refilledAt: number;
  /** Continues reading. */
  resume(): void;
}

/**
 * Limits the bytes read from each gateway per second. A reader that has used up its budget waits for the refill; all waiting readers
 * share one timer.
 */
export class ReadBudget {
  private readonly burst: number;
  private readonly bytesPerMs: number;
  private readonly waiting = new Set<Reader>();
  private timer: NodeJS.Timeout | undefined;

  /** @param bytesPerSecond per reader */
  constructor(bytesPerSecond: number) {
    this.burst = bytesPerSecond * BURST_SECONDS;
    this.bytesPerMs = bytesPerSecond / 1000;
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
