import type { EncodedReading, NewReading } from '../reading';
import { sizeOfNew } from './reading-size';

/** Encodes readings. */
export interface EncodeReadings {
  /** On another thread, if it has a waveform. */
  encode(reading: NewReading): Promise<EncodedReading>;
  /** On the main thread. */
  encodeHere(reading: NewReading): Promise<EncodedReading>;
}

export interface EncoderListener {
  onEncoded(reading: EncodedReading): void;
  onRefused(reading: NewReading, error: unknown): void;
}

/** Waveforms. Enough for the other thread to always have one. */
const MOST_AT_ONCE = 4;

/**
 * So many readings may wait for their turn. Beyond that, one is encoded on the main thread before the next frame is read: that slows down
 * the gateways, while readings that wait take memory, and are dropped beyond a limit.
 */
const MOST_WAITING = 8;

interface Job {
  readonly reading: NewReading;
  readonly bytes: number;
  /** Hands on the result; null until there is one. */
  handOn: (() => void) | null;
}

/**
 * Has some readings encoded at a time, and hands them on in the order in which they came. At most one waveform is encoded in each turn of
 * the event loop, for the case that there is no other thread: requests do not wait behind many of them.
 */
export class Encoder {
  /** Those that run or have ended, and those that wait behind them. */
  private readonly jobs: Job[] = [];
  private started = 0;
  private size = 0;
  private onIdle: (() => void)[] = [];
  private turn: NodeJS.Immediate | undefined;

  constructor(
    private readonly readings: EncodeReadings,
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
    const isFirstScalar = !hasWaveform(job) && this.waiting === 1;
    if (isFirstScalar) this.startNext();
    else if (this.waiting > MOST_WAITING) this.startHere();
    this.scheduleTurn();
  }

  /** Hands on nothing more. @returns the readings that have not been handed on */
  abandon(): NewReading[] {
    this.started = this.size = 0;
    clearImmediate(this.turn);
    this.turn = undefined;
    return this.jobs.splice(0).map(({ reading }) => reading);
  }

  /** Resolves when every reading has been handed on. */
  whenIdle(): Promise<void> {
    if (this.jobs.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.onIdle.push(resolve));
  }

  private get waiting(): number {
    return this.jobs.length - this.started;
  }

  private scheduleTurn(): void {
    if (!this.next) return;
    this.turn ??= setImmediate(() => {
      this.turn = undefined;
      while (this.startNext() === 'scalar');
      this.scheduleTurn();
    });
  }

  /** The next reading that may start. */
  private get next(): Job | null {
    const job = this.jobs[this.started];
    return job && (this.started < MOST_AT_ONCE || !hasWaveform(job)) ? job : null;
  }

  /** @returns what was started */
  private startNext(): 'waveform' | 'scalar' | null {
    const job = this.next;
    if (!job) return null;
    this.started += 1;
    void this.run(job, this.readings.encode(job.reading));
    return hasWaveform(job) ? 'waveform' : 'scalar';
  }

  private startHere(): void {
    const job = this.jobs[this.started];
    if (!job) return;
    this.started += 1;
    void this.run(job, this.readings.encodeHere(job.reading));
  }

  private async run(job: Job, encoding: Promise<EncodedReading>): Promise<void> {
    try {
      const encoded = await encoding;
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
    this.scheduleTurn();
    if (this.jobs.length === 0) for (const resolve of this.onIdle.splice(0)) resolve();
  }
}

function hasWaveform({ reading }: Job): boolean {
  return reading.kind === 'vibration';
}
