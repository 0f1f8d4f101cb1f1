import type { EncodedReading, NewReading } from '../reading';
import { sizeOfNew } from './reading-size';

/** Encodes a reading; a large one on threads of libuv's pool. */
export type EncodeReading = (reading: NewReading) => Promise<EncodedReading>;

export interface EncoderListener {
  onEncoded(reading: EncodedReading): void;
  onRefused(reading: NewReading, error: unknown): void;
}

/** Enough to keep the processors busy; the threads are also needed for name look-ups. */
const MOST_AT_ONCE = 4;

interface Job {
  readonly reading: NewReading;
  readonly bytes: number;
  /** Hands on the result; null until there is one. */
  handOn: (() => void) | null;
}

/** Encodes some readings at a time, and hands them on in the order in which they came. */
export class Encoder {
  /** Those that run or have ended, and those that wait behind them. */
  private readonly jobs: Job[] = [];
  private started = 0;
  private size = 0;
  private onIdle: (() => void)[] = [];

  constructor(
    private readonly encode: EncodeReading,
    private readonly listener: EncoderListener,
  ) {}

  get length(): number {
    return this.jobs.length;
  }

  /** Memory of the readings that have not been handed on. */
  get bytes(): number {
    return this.size;
  }

  add(reading: NewReading): void {
    const job: Job = { reading, bytes: sizeOfNew(reading), handOn: null };
    this.size += job.bytes;
    this.jobs.push(job);
    this.startMore();
  }

  /** Hands on nothing more. @returns the readings that have not been handed on */
  abandon(): NewReading[] {
    this.started = this.size = 0;
    return this.jobs.splice(0).map(({ reading }) => reading);
  }

  /** Resolves when every reading has been handed on. */
  whenIdle(): Promise<void> {
    if (this.jobs.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.onIdle.push(resolve));
  }

  private startMore(): void {
    while (this.started < Math.min(MOST_AT_ONCE, this.jobs.length)) {
      const job = this.jobs[this.started];
      this.started += 1;
      if (job) void this.run(job);
    }
  }

  private async run(job: Job): Promise<void> {
    try {
      const encoded = await this.encode(job.reading);
      job.handOn = () => this.listener.onEncoded(encoded);
    } catch (error) {
      job.handOn = () => this.listener.onRefused(job.reading, error);
    }
    this.handOnReady();
  }

  private handOnReady(): void {
    for (let [first] = this.jobs; first?.handOn; [first] = this.jobs) {
      this.jobs.shift();
      this.started -= 1;
      this.size -= first.bytes;
      first.handOn();
    }
    this.startMore();
    if (this.jobs.length === 0) for (const resolve of this.onIdle.splice(0)) resolve();
  }
}
