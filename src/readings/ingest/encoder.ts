import type { EncodedReading, NewReading, ReadingKind, UnreadFrame, UnreadableRecord } from '../reading';
import { toText } from '../records/plain-json';
import type { EncodedFrame } from './encode-frame';
import { sizeOfNew } from './reading-size';

/** Encodes readings with a waveform. */
export interface EncodeReadings {
  /** On another thread. */
  encode(reading: NewReading): Promise<EncodedReading>;
  /** On the main thread. */
  encodeHere(reading: NewReading): Promise<EncodedReading>;
  encodeFrame(frame: UnreadFrame): Promise<EncodedFrame>;
  encodeFrameHere(frame: UnreadFrame): Promise<EncodedFrame>;
}

export interface EncoderListener {
  onEncoded(reading: EncodedReading): void;
  onRefused(reading: NewReading, error: unknown): void;
  onUnreadable(frame: UnreadFrame, record: UnreadableRecord): void;
}

/** Enough for the other thread to always have one. */
const MOST_AT_ONCE = 4;

type HandOn = () => void;

interface Job {
  readonly kind: ReadingKind;
  readonly bytes: number;
  /** Null until there is a result. */
  handOn: HandOn | null;
}

/** A job that has not been started. */
interface WaitingJob extends Job {
  /** Never rejects. @returns what hands on the result */
  readonly run: (isHere: boolean) => Promise<HandOn>;
}

/**
 * Has some waveforms encoded at a time, and hands readings on in the order in which they came. At most one waveform is started in each turn of
 * the event loop, for the case that there is no other thread: requests do not wait behind many of them.
 */
export class Encoder {
  /** All that have not been handed on. */
  private readonly jobs: Job[] = [];
  private readonly waiting: WaitingJob[] = [];
  private waitingBytes = 0;
  private running = 0;
  private size = 0;
  private onIdle: (() => void)[] = [];
  private turn: NodeJS.Immediate | undefined;

  /**
   * @param mostWaitingBytes beyond that, one is encoded on the main thread before the next frame is read: that slows down the gateways, while
   * readings that wait take memory, and are dropped beyond a limit
   */
  constructor(
    private readonly readings: EncodeReadings,
    private readonly listener: EncoderListener,
    private readonly mostWaitingBytes: number,
  ) {}

  /** Readings and frames that have not been handed on. */
  get length(): number {
    return this.jobs.length;
  }

  /** Their memory. */
  get bytes(): number {
    return this.size;
  }

  add(reading: NewReading): void {
    if (reading.kind === 'vibration') return this.queue(sizeOfNew(reading), (isHere) => this.encode(reading, isHere));
    // There is nothing to encode: it only waits for those before it.
    const encoded = { ...reading, axes: {}, samples: null, velocities: null };
    if (this.jobs.length === 0) return this.listener.onEncoded(encoded);
    const bytes = sizeOfNew(reading);
    this.jobs.push({ kind: reading.kind, bytes, handOn: () => this.listener.onEncoded(encoded) });
    this.size += bytes;
  }

  addFrame(frame: UnreadFrame): void {
    this.queue(frame.json.length, (isHere) => this.encodeFrame(frame, isHere));
  }

  /** Hands on nothing more. @returns the kinds of the readings and frames that have not been handed on */
  abandon(): ReadingKind[] {
    this.size = this.waitingBytes = 0;
    clearImmediate(this.turn);
    this.turn = undefined;
    this.waiting.length = 0;
    return this.jobs.splice(0).map(({ kind }) => kind);
  }

  /** Resolves when every reading has been handed on. */
  whenIdle(): Promise<void> {
    if (this.jobs.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.onIdle.push(resolve));
  }

  private queue(bytes: number, run: WaitingJob['run']): void {
    const job: WaitingJob = { kind: 'vibration', bytes, run, handOn: null };
    this.jobs.push(job);
    this.waiting.push(job);
    this.size += bytes;
    this.waitingBytes += bytes;
    if (this.waitingBytes > this.mostWaitingBytes) this.startNext(true);
    this.scheduleTurn();
  }

  private scheduleTurn(): void {
    if (this.waiting.length === 0 || this.running >= MOST_AT_ONCE) return;
    this.turn ??= setImmediate(() => {
      this.turn = undefined;
      this.startNext(false);
      this.scheduleTurn();
    });
  }

  private startNext(isHere: boolean): void {
    const job = this.waiting.shift();
    if (!job) return;
    this.waitingBytes -= job.bytes;
    this.running += 1;
    void job.run(isHere).then((handOn) => {
      job.handOn = handOn;
      this.running -= 1;
      this.handOnReady();
    });
  }

  private handOnReady(): void {
    for (let [first] = this.jobs; first?.handOn; [first] = this.jobs) {
      this.jobs.shift();
      this.size -= first.bytes;
      first.handOn();
    }
    this.scheduleTurn();
    if (this.jobs.length === 0) for (const resolve of this.onIdle.splice(0)) resolve();
  }

  private async encode(reading: NewReading, isHere: boolean): Promise<HandOn> {
    const { readings, listener } = this;
    try {
      const encoded = await (isHere ? readings.encodeHere(reading) : readings.encode(reading));
      return () => listener.onEncoded(encoded);
    } catch (error) {
      return () => listener.onRefused(reading, error);
    }
  }

  private async encodeFrame(frame: UnreadFrame, isHere: boolean): Promise<HandOn> {
    const { readings, listener } = this;
    const { gatewayId, receivedAt } = frame;
    const context = { gatewayId, receivedAt, origin: 'live' } as const;
    try {
      const found = await (isHere ? readings.encodeFrameHere(frame) : readings.encodeFrame(frame));
      return () => {
        for (const record of found.records) listener.onEncoded({ ...record, ...context });
        for (const { record, problem } of found.refused) {
          listener.onRefused({ ...record, ...context }, new RangeError(problem));
        }
        for (const record of found.unreadable) listener.onUnreadable(frame, record);
      };
    } catch (error) {
      const { message: reason } = error as Error;
      const record = { kind: 'vibration', serial: null, text: toText(frame.json.toString()), reason } as const;
      return () => listener.onUnreadable(frame, record);
    }
  }
}
