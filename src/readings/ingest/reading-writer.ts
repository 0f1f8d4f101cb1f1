import type { Outage } from '../../database/outage';
import type { EncodedReading } from '../reading';
import { sizeOfEncoded } from './reading-size';
import { failureOf } from './store-failure';

/** Where the readings come from. */
export interface ReadingSource {
  /** Removes the oldest readings; empty if there are none. */
  takeBatch(): Promise<EncodedReading[]>;
  /** All readings that were taken are stored or given up. */
  release(): Promise<void>;
  /** Whether there are enough for a batch, so that waiting for more has no use. */
  readonly isBatchFull: boolean;
  readonly isEmpty: boolean;
}

export interface WriterOptions<Stored> {
  readonly source: ReadingSource;
  /** Stores a batch in one transaction. */
  readonly store: (batch: readonly EncodedReading[]) => Promise<Stored[]>;
  /** Called after each commit. */
  readonly onStored: (stored: readonly Stored[]) => void;
  /** Called for a reading that is refused while others are stored, and will not be tried again. */
  readonly onRefused: (reading: EncodedReading, error: unknown) => void;
  /** Told of every transaction. */
  readonly outage: Outage;
  /** How long a reading waits for others. */
  readonly flushMs: number;
  /** How long to wait after a transaction that failed. */
  readonly retryMs: number;
}

interface Refusal {
  readonly reading: EncodedReading;
  readonly error: unknown;
}

/** What became of a batch. */
interface Outcome {
  readonly isStored: boolean;
  /** Those that must be tried again, in their order. */
  readonly left: EncodedReading[];
}

/**
 * Stores readings in batches, one transaction at a time. A batch that cannot be stored is tried again until it can; if single readings of
 * it are refused, it is divided until they are found, and the others are stored.
 */
export class ReadingWriter<Stored> {
  /** Taken from the source, and not stored. */
  private inHand: EncodedReading[] = [];
  private inHandBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private isStopped = true;

  constructor(private readonly options: WriterOptions<Stored>) {}

  get length(): number {
    return this.inHand.length;
  }

  get bytes(): number {
    return this.inHandBytes;
  }

  start(): void {
    this.isStopped = false;
    this.poke();
  }

  /** Call when the source has a new reading. */
  poke(): void {
    if (this.isStopped || this.running) return;
    const { source, outage, flushMs } = this.options;
    if (source.isBatchFull && this.inHand.length === 0 && !outage.isOngoing) return void this.run();
    if (this.inHand.length > 0 || !source.isEmpty) this.timer ??= setTimeout(() => void this.run(), flushMs);
  }

  /** Stores all that the source has, without waiting for more; ends at the first transaction that fails. Never rejects. */
  async flush(): Promise<void> {
    await this.running;
    if (!this.isStopped) await this.run(true);
  }

  /** Starts no more transactions. @returns the readings that are in hand, which a transaction under way may still store */
  stop(): EncodedReading[] {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    return this.inHand;
  }

  private run(isFlush = false): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running ??= this.writeBatches(isFlush)
      .catch((error: unknown) => {
        this.options.outage.begin(error);
        return false;
      })
      .then((isWell) => {
        this.running = null;
        this.goOn(isWell);
      });
    return this.running;
  }

  private goOn(isWell: boolean): void {
    if (isWell) return this.poke();
    if (!this.isStopped) this.timer ??= setTimeout(() => void this.run(), this.options.retryMs);
  }

  /** @returns false if it must be tried again later */
  private async writeBatches(isFlush: boolean): Promise<boolean> {
    const { source } = this.options;
    do {
      if (this.inHand.length === 0) this.hold(await source.takeBatch());
      const { isStored, left } = await this.storeBatch(this.inHand);
      if (this.isOver()) return true;
      this.hold(left);
      if (!isStored) return false;
      await source.release();
      if (this.isOver()) return true;
    } while (isFlush ? !source.isEmpty : source.isBatchFull);
    return true;
  }

  private hold(readings: EncodedReading[]): void {
    this.inHand = readings;
    this.inHandBytes = readings.reduce((sum, reading) => sum + sizeOfEncoded(reading), 0);
  }

  private isOver(): boolean {
    return this.isStopped;
  }

  private async storeBatch(batch: readonly EncodedReading[]): Promise<Outcome> {
    const parts = batch.length === 0 ? [] : [[...batch]];
    const refused: Refusal[] = [];
    const suspects: Refusal[] = [];
    let stored = 0;
    for (let [part] = parts; part && !this.isStopped; [part] = parts) {
      const failed = await this.storePart(part);
      if (failed === null) {
        stored += part.length;
        parts.shift();
      } else if (failureOf(failed.error) === 'outage') {
        return { isStored: false, left: [...refused, ...suspects].map(readingOf).concat(parts.flat()) };
      } else if (part.length > 1) {
        const half = Math.ceil(part.length / 2);
        parts.splice(0, 1, part.slice(0, half), part.slice(half));
      } else {
        const list = failureOf(failed.error) === 'data' ? refused : suspects;
        list.push(...part.map((reading) => ({ reading, error: failed.error })));
        parts.shift();
      }
    }
    return this.judge(stored, refused, suspects);
  }

  /** A failure of the code is put down to a reading only if the code could store another one. */
  private judge(stored: number, refused: readonly Refusal[], suspects: readonly Refusal[]): Outcome {
    const isCodeAtFault = suspects.length > 0 && stored === 0;
    const givenUp = isCodeAtFault ? refused : [...refused, ...suspects];
    for (const { reading, error } of givenUp) this.options.onRefused(reading, error);
    if (!isCodeAtFault) return { isStored: true, left: [] };
    return { isStored: false, left: suspects.map(readingOf) };
  }

  /** Tries a single reading twice, because the first failure may have been about what others stored meanwhile. */
  private async storePart(part: readonly EncodedReading[]): Promise<{ error: unknown } | null> {
    const failed = await this.tryStore(part);
    if (failed === null || part.length > 1 || failureOf(failed.error) === 'outage') return failed;
    return this.tryStore(part);
  }

  /** @returns null if the part is stored */
  private async tryStore(part: readonly EncodedReading[]): Promise<{ error: unknown } | null> {
    const { store, onStored, outage } = this.options;
    try {
      const result = await outage.watch(() => store(part).catch(reachedOrThrow));
      if ('error' in result) return result;
      onStored(result);
      return null;
    } catch (error) {
      return { error };
    }
  }
}

/** A refusal shows that the database is there. */
function reachedOrThrow(error: unknown): { error: unknown } {
  if (failureOf(error) === 'data') return { error };
  throw error;
}

const readingOf = ({ reading }: Refusal): EncodedReading => reading;
