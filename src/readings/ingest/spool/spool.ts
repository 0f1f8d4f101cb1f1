import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EncodedReading } from '../../reading';
import { FILE_MARK, SpoolFileReader } from './spool-file';
import { toSpoolRecord } from './spool-record';

export interface SpoolOptions {
  readonly directory: string;
  /** The id of this process, in the names of its files. */
  readonly owner: string;
  readonly maxBytes: number;
  /** What may wait in memory to be written. A disk that is slower than the gateways makes it grow. */
  readonly maxPendingBytes: number;
  /** A file is closed when it has reached this size. */
  readonly fileBytes?: number;
  /** Called for readings that were accepted and could not be written. */
  readonly onLost: (readings: readonly EncodedReading[], error: unknown) => void;
  /** Called for a file whose end is damaged. */
  readonly onDamage: (path: string, bytes: number) => void;
}

/** A reading that waits to be written. */
interface Pending {
  readonly reading: EncodedReading;
  readonly record: Buffer;
}

interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  bytes: number;
  isSynced: boolean;
}

interface ClosedFile {
  readonly path: string;
  readonly bytes: number;
}

const FILE_BYTES = 64 * 1024 * 1024;
/** Written at once. */
const CHUNK_BYTES = 1024 * 1024;
/** Vibration, which takes nearly all of the room, leaves this much to the small readings. */
const LEFT_TO_SCALARS = 0.05;
/** After a write that failed, the disk is left alone for this long. */
const RETRY_MS = 10_000;

const NAME = /^(\d{15})-([\w-]+)\.spool$/;
/** Leaves room for files that go before all others. */
const FIRST_NUMBER = 100_000_000_000_000;

/**
 * Readings on disk that the database cannot take yet, in files that are written once, read in order, and deleted when their readings are
 * stored. The folder is made when the first reading is written.
 *
 * A process writes only files that carry its own id. It takes over those of others when it opens the folder, which only the process that
 * runs the sessions does. If it is killed, the readings of the last file are stored twice, which changes nothing.
 */
export class Spool {
  /** Closed files that have not been read to the end, the oldest first. */
  private readonly files: ClosedFile[] = [];
  /** Files that have been read, but whose readings may not be stored yet. */
  private readonly read: ClosedFile[] = [];
  private pending: Pending[] = [];
  private pendingSize = 0;
  private current: OpenFile | null = null;
  private reader: SpoolFileReader | null = null;
  private nextNumber = FIRST_NUMBER;
  private brokenUntil = -Infinity;
  /** Settles with the latest work that was queued: one write, rotation or sync at a time. Never rejects. */
  private last: Promise<void> = Promise.resolve();
  private isWriteQueued = false;
  private isClosed = false;

  constructor(private readonly options: SpoolOptions) {}

  /** Finds the files that are there, and takes them over. */
  async open(): Promise<void> {
    this.files.length = this.read.length = 0;
    for (const name of (await namesIn(this.options.directory)).sort()) await this.takeOver(name);
  }

  /** Whether there is a reading that `takeBatch` has not returned yet. */
  get hasUnread(): boolean {
    return this.files.length + this.pending.length > 0 || this.current !== null;
  }

  /** On disk, and on the way there. */
  get bytes(): number {
    const closed = [...this.files, ...this.read].reduce((sum, { bytes }) => sum + bytes, 0);
    return closed + (this.current?.bytes ?? 0) + this.pendingSize;
  }

  get pendingBytes(): number {
    return this.pendingSize;
  }

  /** Appends a reading; it is written soon. @returns false if there is no room for it */
  append(reading: EncodedReading): boolean {
    const record = toSpoolRecord(reading);
    const { maxBytes, maxPendingBytes } = this.options;
    if (this.isClosed) return false;
    const room = reading.kind === 'vibration' ? maxBytes * (1 - LEFT_TO_SCALARS) : maxBytes;
    if (this.bytes + record.length > room || this.pendingSize + record.length > maxPendingBytes) return false;
    if (performance.now() < this.brokenUntil) return false;
    this.pending.push({ reading, record });
    this.pendingSize += record.length;
    this.queueWrite();
    return true;
  }

  /** Stores readings ahead of all others. @returns those for which there is no room, or which could not be written */
  async prepend(readings: readonly EncodedReading[]): Promise<EncodedReading[]> {
    if (readings.length === 0) return [];
    const lost: EncodedReading[] = [];
    await this.enqueue(async () => {
      let file: OpenFile | null = null;
      try {
        await this.rotate();
        file = await this.create(this.numberBeforeAll());
        for (const reading of readings) {
          const record = toSpoolRecord(reading);
          if (this.bytes + file.bytes + record.length > this.options.maxBytes) lost.push(reading);
          else await writeTo(file, record);
        }
        await file.handle.datasync();
        this.files.unshift({ path: file.path, bytes: file.bytes });
      } catch {
        lost.splice(0, Infinity, ...readings);
      } finally {
        await file?.handle.close();
      }
    });
    return lost;
  }

  /**
   * The next readings, in the order in which they were appended. Call `release` when they are stored.
   * @param isFull whether the batch is large enough
   */
  async takeBatch(isFull: (batch: readonly EncodedReading[]) => boolean): Promise<EncodedReading[]> {
    const batch: EncodedReading[] = [];
    while (!isFull(batch) && (await this.openNext())) {
      const reading = await this.readNext();
      if (reading) batch.push(reading);
    }
    return batch;
  }

  /** Deletes the files whose readings have all been returned by `takeBatch`: they are stored. */
  async release(): Promise<void> {
    for (const { path } of this.read.splice(0)) await rm(path, { force: true });
  }

  /** Makes what was written survive a crash of the machine. */
  sync(): Promise<void> {
    return this.enqueue(async () => {
      if (!this.current || this.current.isSynced) return;
      this.current.isSynced = true;
      await this.current.handle.datasync();
    });
  }

  /** Writes what is pending and closes the files. No more readings are taken. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.enqueue(() => this.rotate());
    await this.reader?.close();
    this.reader = null;
  }

  private async takeOver(name: string): Promise<void> {
    const [, number = '', owner] = NAME.exec(name) ?? [];
    if (owner === undefined) return;
    const { directory } = this.options;
    const path = join(directory, `${number}-${this.options.owner}.spool`);
    if (owner !== this.options.owner) await rename(join(directory, name), path);
    const { size } = await stat(path);
    this.files.push({ path, bytes: size });
    this.nextNumber = Math.max(this.nextNumber, Number(number) + 1);
  }

  /** Makes the next file ready to be read. @returns false if there is none */
  private async openNext(): Promise<boolean> {
    if (this.reader) return true;
    if (this.files.length === 0 && this.hasUnread) await this.enqueue(() => this.rotate());
    const [file] = this.files;
    if (!file) return false;
    this.reader = await SpoolFileReader.open(file.path);
    return true;
  }

  private async readNext(): Promise<EncodedReading | null> {
    const { reader } = this;
    const [file] = this.files;
    if (!reader || !file) return null;
    const reading = await reader.next();
    if (!reader.isAtEnd) return reading;
    if (reader.damagedBytes > 0) this.options.onDamage(file.path, reader.damagedBytes);
    this.files.shift();
    this.read.push(file);
    this.reader = null;
    await reader.close();
    return reading;
  }

  private queueWrite(): void {
    if (this.isWriteQueued) return;
    this.isWriteQueued = true;
    void this.enqueue(() => {
      this.isWriteQueued = false;
      return this.writePending();
    });
  }

  private async writePending(): Promise<void> {
    while (this.pending.length > 0) {
      const chunk = this.takeChunk();
      const bytes = Buffer.concat(chunk.map(({ record }) => record));
      try {
        if (this.current && this.current.bytes + bytes.length > (this.options.fileBytes ?? FILE_BYTES)) {
          await this.closeCurrent();
        }
        this.current ??= await this.create(this.nextNumber++);
        await writeTo(this.current, bytes);
      } catch (error) {
        await this.giveUp(chunk, error);
      } finally {
        this.pendingSize -= bytes.length;
      }
    }
  }

  private takeChunk(): Pending[] {
    let bytes = 0;
    let count = 0;
    while (count < this.pending.length && bytes < CHUNK_BYTES) bytes += this.pending[count++]?.record.length ?? 0;
    return this.pending.splice(0, count);
  }

  /** The file may end in the middle of a record now: nothing may follow that. */
  private async giveUp(chunk: readonly Pending[], error: unknown): Promise<void> {
    this.brokenUntil = performance.now() + RETRY_MS;
    const rest = this.pending.splice(0);
    this.pendingSize -= rest.reduce((sum, { record }) => sum + record.length, 0);
    await this.closeCurrent().catch(() => undefined);
    this.options.onLost(
      [...chunk, ...rest].map(({ reading }) => reading),
      error,
    );
  }

  /** Writes what is pending, and closes the file, so that it can be read. */
  private async rotate(): Promise<void> {
    await this.writePending();
    await this.closeCurrent();
  }

  private async closeCurrent(): Promise<void> {
    const { current } = this;
    if (!current) return;
    this.current = null;
    this.files.push({ path: current.path, bytes: current.bytes });
    try {
      await current.handle.datasync();
    } finally {
      await current.handle.close();
    }
  }

  private numberBeforeAll(): number {
    const numbers = [...this.read, ...this.files].map(({ path }) => Number(NAME.exec(basename(path))?.[1]));
    return Math.min(this.nextNumber++, ...numbers) - 1;
  }

  private async create(number: number): Promise<OpenFile> {
    const { directory, owner } = this.options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${String(number).padStart(15, '0')}-${owner}.spool`);
    const file = { path, handle: await open(path, 'wx', 0o600), bytes: 0, isSynced: false };
    try {
      await writeTo(file, FILE_MARK);
      return file;
    } catch (error) {
      await file.handle.close();
      throw error;
    }
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    this.last = this.last.then(work).catch((error: unknown) => this.options.onLost([], error));
    return this.last;
  }
}

async function writeTo(file: OpenFile, bytes: Buffer): Promise<void> {
  file.isSynced = false;
  await file.handle.writeFile(bytes); // At the end, and all of it.
  file.bytes += bytes.length;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch {
    return []; // It is made for the first reading.
  }
}
