import { atMost } from '../../common/at-most';
import { timeOf } from '../../common/clock';
import type { Moment } from '../../common/clock';
import { Outage } from '../../database/outage';
import type { InboundFrame } from '../../gateway-client/protocol/frames';
import type {
  EncodedReading,
  NewReading,
  Origin,
  ReadingKind,
  ReceivedRecord,
  UnreadableRecord,
  UnreadFrame,
} from '../reading';
import { isUnread, readRecords } from '../records/read-records';
import type { RecordToKeep } from '../storage/kept-records.repository';
import type { StoredReading } from '../storage/stored-reading';
import { Encoder } from './encoder';
import type { EncodeReadings } from './encoder';
import type { IngestStats } from './ingest-stats';
import { KeptRecords } from './kept-records';
import { LimitedLine } from './limited-line';
import type { OrderedReadings } from './ordered-readings';
import { ReadingQueue } from './reading-queue';
import type { BatchLimits } from './reading-queue';
import { ReadingWriter } from './reading-writer';
import { sizeOfEncoded, sizeOfNew } from './reading-size';
import { Spool } from './spool/spool';
import { toKeep } from './to-keep';

export interface IngestOptions {
  /** What all readings in memory may take together, in bytes. */
  readonly bufferBytes: number;
  readonly spool: { readonly directory: string; readonly owner: string; readonly maxBytes: number };
  readonly encoder: EncodeReadings;
  /** Stores a batch in one transaction. */
  readonly store: (batch: readonly EncodedReading[]) => Promise<StoredReading[]>;
  readonly keep: (records: readonly RecordToKeep[]) => Promise<void>;
  readonly onStored: (stored: readonly StoredReading[]) => void;
  /** Which records of notifications are those that the service has ordered. None is if this is absent. */
  readonly ordered?: Pick<OrderedReadings, 'isExpecting' | 'take'>;
  readonly logger: IngestLogger;
}

export interface IngestLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** The most that one transaction stores. Its statements cost nearly the same for one reading as for hundreds. */
const BATCH: BatchLimits = { readings: 1000, bytes: 4 * 1024 * 1024 };
/** So many readings are stored without waiting for more. */
const FULL: BatchLimits = { readings: 64, bytes: BATCH.bytes };
const FLUSH_MS = 250;
const RETRY_MS = 1000;
/** Limit for the last transactions. A shutdown has ten seconds in all. */
const LAST_FLUSH_MS = 2000;

/** Shares of the memory: readings that are not encoded yet, and what waits for the disk. The rest holds encoded readings. */
const ENCODING_SHARE = 1 / 8;
const PENDING_SHARE = 1 / 16;
const QUEUE_SHARE = 3 / 4;
/** Beyond its share, the encoder takes only readings without a waveform, which are small. */
const SCALARS_BEYOND = 1.25;
/** Of the encoder's share, readings may take so much before the main thread helps. */
const WAITING_SHARE = 1 / 2;

/**
 * Takes readings from frames to the database: read, encode, wait, store. The order is kept. While the database is away, readings wait in
 * memory, then in the spool; then those with waveforms are let go, and the others last. Nothing waits for the ingest: a socket that is
 * not read looks dead to both ends.
 */
export class Ingest {
  private readonly queue = new ReadingQueue();
  private readonly encoder: Encoder;
  private readonly spool: Spool;
  private readonly writer: ReadingWriter<StoredReading>;
  private readonly kept: KeptRecords;
  private readonly outage: Outage;
  private readonly dropped: Record<ReadingKind, number> = { vibration: 0, temperature: 0, battery: 0 };
  private stored = 0;
  private unreadable = 0;
  private isSpooling = false;
  private readonly dropLine: LimitedLine<void>;

  constructor(private readonly options: IngestOptions) {
    const { bufferBytes, logger } = options;
    this.outage = new Outage((error) => logger.warn({ err: error }, 'readings cannot be stored, keeping them'));
    this.dropLine = new LimitedLine(() => {
      const dropped = { ...this.dropped };
      logger.warn({ dropped }, 'readings were dropped: neither memory nor the spool has room');
    });
    this.encoder = new Encoder(
      options.encoder,
      {
        onEncoded: (reading) => this.take(reading),
        onRefused: (reading, error) => this.keepRefused(reading, error),
        onUnreadable: ({ gatewayId, receivedAt }, record) => this.keepUnreadable(gatewayId, receivedAt, record),
      },
      bufferBytes * ENCODING_SHARE * WAITING_SHARE,
    );
    this.spool = new Spool({
      ...options.spool,
      maxPendingBytes: bufferBytes * PENDING_SHARE,
      onLost: (readings, error) => this.onLost(readings, error),
      onDamage: (path, bytes) => logger.warn({ path, bytes }, 'the end of a spool file is damaged, and is dropped'),
    });
    this.kept = new KeptRecords({
      store: options.keep,
      outage: this.outage,
      onLost: (records, error) => logger.warn({ err: error, records }, 'unreadable records cannot be stored'),
    });
    this.writer = new ReadingWriter({
      source: this.source(),
      store: options.store,
      onStored: (stored) => this.onStored(stored),
      onRefused: (reading, error) => this.keepRefused(reading, error),
      outage: this.outage,
      flushMs: FLUSH_MS,
      retryMs: RETRY_MS,
    });
  }

  get stats(): IngestStats {
    return {
      waiting: this.encoder.length + this.queue.length + this.writer.length,
      waitingBytes: this.encoder.bytes + this.queue.bytes + this.writer.bytes + this.spool.pendingBytes,
      stored: this.stored,
      dropped: { ...this.dropped },
      unreadable: this.unreadable,
      spoolBytes: this.spool.bytes,
      isStoringFailing: this.outage.isOngoing,
    };
  }

  /** Finds what an earlier process left in the spool, and begins to store. Rejects when the folder cannot be read. */
  async start(): Promise<void> {
    await this.spool.open();
    const { bytes } = this.spool;
    this.isSpooling = bytes > 0;
    if (this.isSpooling) this.options.logger.info({ bytes }, 'storing the readings of the spool');
    this.writer.start();
  }

  /** Takes the readings of a frame. Ignores other frames. */
  receive(gatewayId: string, frame: InboundFrame, receivedAt: Moment): void {
    const { ordered } = this.options;
    const at = timeOf(receivedAt);
    // An ordered reading is recognized when it arrives, so its frame is parsed now.
    if (isUnread(frame) && !ordered?.isExpecting(gatewayId)) {
      return this.addFrame({ gatewayId, receivedAt: at, json: frame.json });
    }
    const found = readRecords(frame);
    if (!found) return;
    const originOf = ({ kind, serial }: ReceivedRecord): Origin => {
      if (!frame.type.startsWith('NOT_')) return 'history';
      return ordered?.take(gatewayId, kind, serial) ? 'acquisition' : 'live';
    };
    for (const record of found.records) {
      this.add({ ...record, gatewayId, receivedAt: at, origin: originOf(record) });
    }
    for (const record of found.unreadable) this.keepUnreadable(gatewayId, at, record);
  }

  /** Takes one reading. */
  add(reading: NewReading): void {
    const isScalar = reading.kind !== 'vibration';
    if (!this.hasRoom(sizeOfNew(reading), isScalar ? SCALARS_BEYOND : 1)) return this.drop(reading.kind);
    this.encoder.add(reading);
  }

  private addFrame(frame: UnreadFrame): void {
    if (!this.hasRoom(frame.json.length)) return this.drop('vibration');
    this.encoder.addFrame(frame);
  }

  /** @param beyond how much of the encoder's share may be taken */
  private hasRoom(bytes: number, beyond = 1): boolean {
    const share = this.options.bufferBytes * ENCODING_SHARE;
    return this.encoder.length === 0 || this.encoder.bytes + bytes <= share * beyond;
  }

  /** Call every second. */
  upkeep(): void {
    void this.kept.flush();
    void this.spool.sync();
    this.dropLine.report();
  }

  /** Stores for two seconds at most, then writes what is left to the spool. Never rejects. */
  async stop(): Promise<void> {
    await this.flush();
    const left = [...this.writer.stop(), ...this.queue.takeAll()];
    for (const { kind } of await this.spool.prepend(left)) this.drop(kind);
    for (const kind of this.encoder.abandon()) this.drop(kind);
    await this.spool.close();
    const { bytes } = this.spool;
    if (bytes > 0) this.options.logger.info({ bytes }, 'readings are left in the spool, for the next start');
    this.dropLine.report(true);
  }

  /** Stores for two seconds at most. Never rejects. */
  flush(): Promise<void> {
    return atMost(LAST_FLUSH_MS, this.lastFlush());
  }

  private async lastFlush(): Promise<void> {
    await this.encoder.whenIdle();
    if (this.outage.isOngoing) return; // Trying again would take the time that the disk needs.
    await Promise.all([this.writer.flush(), this.kept.flush()]);
  }

  private take(reading: EncodedReading): void {
    const held = this.queue.bytes + this.writer.bytes;
    const hasRoom = held + sizeOfEncoded(reading) <= this.options.bufferBytes * QUEUE_SHARE;
    if (hasRoom && !this.spool.hasUnread) this.queue.push(reading);
    else if (!this.spool.append(reading)) return this.drop(reading.kind);
    else if (!this.isSpooling) {
      this.isSpooling = true;
      this.options.logger.warn({}, 'the memory for readings is full, writing them to the spool');
    }
    this.writer.poke();
  }

  private source() {
    const { queue, spool } = this;
    const isEmpty = () => queue.length === 0 && !spool.hasUnread;
    return {
      get isEmpty() {
        return isEmpty();
      },
      get isBatchFull() {
        return spool.hasUnread || queue.length >= FULL.readings || queue.bytes >= FULL.bytes;
      },
      // What is in memory is older than what is in the spool.
      takeBatch: () => (queue.length > 0 ? Promise.resolve(queue.takeBatch(BATCH)) : spool.takeBatch(untilFull())),
      release: async () => {
        await spool.release();
        if (this.isSpooling && spool.bytes === 0) {
          this.isSpooling = false;
          this.options.logger.info({}, 'all readings of the spool are stored');
        }
      },
    };
  }

  private onStored(stored: readonly StoredReading[]): void {
    this.stored += stored.length;
    this.options.onStored(stored);
  }

  private onLost(readings: readonly EncodedReading[], error: unknown): void {
    this.options.logger.warn({ err: error, readings: readings.length }, 'the spool cannot be written');
    for (const { kind } of readings) this.drop(kind);
  }

  private keepRefused(reading: NewReading | EncodedReading, error: unknown): void {
    this.options.logger.warn({ err: error, gatewayId: reading.gatewayId }, 'a reading was refused, keeping it as text');
    this.keep(toKeep(reading, error));
  }

  private keepUnreadable(gatewayId: string, receivedAt: Date, record: UnreadableRecord): void {
    this.keep({ ...record, gatewayId, receivedAt, problem: 'unreadable' });
  }

  private keep(record: RecordToKeep): void {
    this.unreadable += 1;
    this.kept.add(record);
  }

  private drop(kind: ReadingKind): void {
    this.dropped[kind] += 1;
    this.dropLine.note();
  }
}

/** Whether a growing batch is full. Counts each reading once. */
function untilFull(): (batch: readonly EncodedReading[]) => boolean {
  let [counted, bytes] = [0, 0];
  return (batch) => {
    for (const reading of batch.slice(counted)) bytes += sizeOfEncoded(reading);
    counted = batch.length;
    return counted >= BATCH.readings || bytes >= BATCH.bytes;
  };
}
