import type { Outage } from './outage';

export interface WriteBehindOptions<Key, Value> {
  /** How many values one statement stores at most. */
  readonly batchSize: number;
  /** Combines two values of one key, neither of which is stored. */
  readonly merge: (earlier: Value, later: Value) => Value;
  /**
   * Stores values with one statement. If it rejects, all of them stay pending.
   * @returns the keys of the values that were not stored, which stay pending
   */
  readonly store: (batch: ReadonlyMap<Key, Value>) => Promise<Iterable<Key>>;
  /** Notified of every statement. */
  readonly outage: Outage;
}

/**
 * Gathers values in memory and stores them later, many in one statement and one statement at a time. A value stays here until it is
 * stored; one that is noted during a write is left to the next write. The caller limits the number of keys.
 */
export class WriteBehind<Key, Value extends object | string | number | boolean> {
  /** In the order in which the keys were first noted. Null while the only value of the key is being written. */
  private readonly pending = new Map<Key, Value | null>();
  /** Settles with the latest work that was queued. Never rejects. */
  private last: Promise<unknown> = Promise.resolve();
  /** The flush that is queued and has not begun. */
  private next: Promise<void> | null = null;

  constructor(private readonly options: WriteBehindOptions<Key, Value>) {}

  /** Number of keys with a value that is not stored. */
  get size(): number {
    return this.pending.size;
  }

  /** Whether a value of this key is pending or being written. */
  has(key: Key): boolean {
    return this.pending.has(key);
  }

  /** Adds a value, merged with a pending one of its key. */
  note(key: Key, value: Value): void {
    const earlier = this.pending.get(key) ?? null;
    this.pending.set(key, earlier === null ? value : this.options.merge(earlier, value));
  }

  /**
   * Tries to store each value that was noted before the call, once. Begins in a microtask, or after the statement under way;
   * values that are noted until then are stored too. Never rejects; what cannot be stored stays pending.
   */
  flush(): Promise<void> {
    this.next ??= this.enqueue(async () => {
      this.next = null;
      await this.storePending();
    }).catch(() => undefined);
    return this.next;
  }

  /**
   * Stores everything that is pending, then runs `work` before any later write: their statements never wait for each other's rows, and
   * the work finds nothing pending. Rejects without running it if a pending value cannot be stored.
   */
  afterFlush<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.enqueue(async () => {
      // More than once if values are noted during the write.
      while (this.pending.size > 0) {
        if (!(await this.storePending())) throw new Error('a pending value is not stored');
      }
      return work();
    });
  }

  private enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Ends with the first statement that fails. @returns whether each value was stored that was pending at the call */
  private async storePending(): Promise<boolean> {
    const keys = [...this.pending.keys()];
    const { batchSize } = this.options;
    let isComplete = true;
    for (let start = 0; start < keys.length; start += batchSize) {
      isComplete = (await this.storeBatch(this.take(keys.slice(start, start + batchSize)))) && isComplete;
    }
    return isComplete;
  }

  /** @returns whether all of it was stored */
  private async storeBatch(batch: ReadonlyMap<Key, Value>): Promise<boolean> {
    let kept: ReadonlySet<Key> = new Set(batch.keys());
    try {
      kept = new Set(await this.options.outage.watch(() => this.options.store(batch)));
    } finally {
      this.settle(batch, kept);
    }
    return kept.size === 0;
  }

  private take(keys: readonly Key[]): Map<Key, Value> {
    const batch = new Map<Key, Value>();
    for (const key of keys) {
      const value = this.pending.get(key) ?? null;
      if (value !== null) batch.set(key, value);
      this.pending.set(key, null);
    }
    return batch;
  }

  private settle(batch: ReadonlyMap<Key, Value>, kept: ReadonlySet<Key>): void {
    for (const [key, value] of batch) {
      const later = this.pending.get(key) ?? null;
      if (kept.has(key)) this.pending.set(key, later === null ? value : this.options.merge(value, later));
      else if (later === null) this.pending.delete(key);
    }
  }
}
