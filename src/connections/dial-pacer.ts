/** Fresh dials go first: a thousand unreachable gateways must not delay a reachable one. */
export type DialPriority = 'fresh' | 'repeated';

/**
 * After so many, the event loop has its turn: requests are served, and the gateways that were dialled first are answered.
 * Otherwise a fleet that is dialled as one would hold up everything until its last socket is made.
 */
const AT_A_TIME = 16;

/**
 * Lets so many dials a second through, in order of priority, then of arrival. One timer for all.
 */
export class DialPacer {
  private readonly waiting: Record<DialPriority, Set<() => void>> = { fresh: new Set(), repeated: new Set() };
  private readonly intervalMs: number;
  private readonly burst: number;
  private credit: number;
  private refilledAt = performance.now();
  /** How many more may go before the event loop has its turn. */
  private left = AT_A_TIME;
  private isScheduled = false;

  constructor(private readonly perSecond: number) {
    // Timers are no finer than milliseconds: above a hundred a second, several go through at a tick.
    this.intervalMs = Math.max(10, 1000 / perSecond);
    this.burst = (2 * perSecond * this.intervalMs) / 1000; // Two ticks' worth, or a late timer would lose turns.
    this.credit = this.burst;
  }

  /** Resolves when it is the caller's turn, or at once, without a turn, when the signal aborts. */
  turn(priority: DialPriority, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const queue = this.waiting[priority];
      const leave = () => {
        queue.delete(go);
        resolve();
      };
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.add(go);
      this.letThrough();
    });
  }

  private letThrough(): void {
    this.refill();
    while (this.left > 0 && this.credit >= 1) {
      const go = this.takeNext();
      if (!go) break;
      this.left -= 1;
      this.credit -= 1;
      go();
    }
    this.schedule();
  }

  private refill(): void {
    const now = performance.now();
    this.credit = Math.min(this.burst, this.credit + ((now - this.refilledAt) * this.perSecond) / 1000);
    this.refilledAt = now;
  }

  private takeNext(): (() => void) | undefined {
    for (const queue of [this.waiting.fresh, this.waiting.repeated]) {
      for (const go of queue) {
        queue.delete(go);
        return go;
      }
    }
    return undefined;
  }

  private schedule(): void {
    if (this.isScheduled || this.waiting.fresh.size + this.waiting.repeated.size === 0) return;
    this.isScheduled = true;
    const goOn = () => {
      this.isScheduled = false;
      this.left = AT_A_TIME;
      this.letThrough();
    };
    if (this.left === 0) setImmediate(goOn);
    else setTimeout(goOn, this.intervalMs);
  }
}
