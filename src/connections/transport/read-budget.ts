/** A full budget, in seconds of the rate: short, so that what one gateway may send at once keeps the event loop busy for milliseconds. */
const BURST_SECONDS = 1 / 16;
const TICK_MS = 25;

/** One reader's part of the budget. */
export interface Reader {
  /** What it may still read, in bytes; may fall below zero. */
  allowance: number;
  /** When that was computed, on the monotonic clock. */
  refilledAt: number;
  /** It may read again. */
  resume(): void;
}

/**
 * Limits how much is read from each gateway in a second. A reader whose budget is spent waits until it is filled again; all that wait
 * share one timer.
 */
export class ReadBudget {
  private readonly burst: number;
  private readonly bytesPerMs: number;
  private readonly waiting = new Set<Reader>();
  private timer: NodeJS.Timeout | undefined;

  /** @param bytesPerSecond for each reader */
  constructor(bytesPerSecond: number) {
    this.burst = bytesPerSecond * BURST_SECONDS;
    this.bytesPerMs = bytesPerSecond / 1000;
  }

  /** Gives a new reader its first budget. */
  open(reader: Reader): void {
    reader.allowance = this.burst;
    reader.refilledAt = performance.now();
  }

  /** Whether the reader may read on; called when its allowance is spent. */
  refill(reader: Reader): boolean {
    const now = performance.now();
    const earned = (now - reader.refilledAt) * this.bytesPerMs;
    reader.allowance = Math.min(this.burst, reader.allowance + earned);
    reader.refilledAt = now;
    return reader.allowance > 0;
  }

  /** Resumes the reader when it may read on. */
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
