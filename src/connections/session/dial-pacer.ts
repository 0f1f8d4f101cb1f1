export const DIAL_PRIORITIES = ['fresh', 'repeated'] as const;

/** Fresh dials go first: a thousand unreachable gateways must not delay a reachable one. */
export type DialPriority = (typeof DIAL_PRIORITIES)[number];

/**
 * Dials before yielding to the event loop, so that requests are served and the gateways dialled first get their answers. Otherwise
 * dialling a whole fleet at once would block everything else until its last socket is created.
 */
const AT_A_TIME = 16;

/**
 * Limits the dials per second. Waiting dials go in order of priority, then of arrival. One timer serves all.
 */
export class DialPacer {
  private readonly waiting: Record<DialPriority, Set<() => void>> = { fresh: new Set(), repeated: new Set() };
  private readonly intervalMs: number;
  private readonly burst: number;
  private credit: number;
  private refilledAt = performance.now();
  /** Dials left before yielding to the event loop. */
  private left = AT_A_TIME;
  private isScheduled = false;

  constructor(private readonly perSecond: number) {
    // Timers have millisecond resolution: above a hundred dials a second, several go per tick.
    this.intervalMs = Math.max(10, 1000 / perSecond);
    this.burst = (2 * perSecond * this.intervalMs) / 1000; // Two ticks' worth, so that a late timer loses no turns.
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

  /** How many wait for their turn. */
  waitingAs(priority: DialPriority): number {
    return this.waiting[priority].size;
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
