import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { EncodedReading } from '../../reading';
import { crc32c } from './crc32c';
import { fromSpoolPayload, HEAD_BYTES, MAX_PAYLOAD_BYTES } from './spool-record';

/** The first bytes of each file: the name and version of its format. */
export const FILE_MARK = Buffer.from('gwhub-spool-1\n');

/** Reads one file of the spool from its beginning. A file that was cut off, or damaged, ends with the last whole record before that. */
export class SpoolFileReader {
  private offset = FILE_MARK.length;

  private constructor(
    private readonly file: FileHandle,
    private end: number,
  ) {}

  static async open(path: string): Promise<SpoolFileReader> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const reader = new SpoolFileReader(file, size);
      const mark = await reader.read(0, Math.min(size, FILE_MARK.length));
      if (!mark.equals(FILE_MARK)) reader.stopAt(0);
      return reader;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes at the end of the file that hold no whole record, known once `next` has returned null. */
  damagedBytes = 0;

  /** Whether everything has been read. */
  get isAtEnd(): boolean {
    return this.offset >= this.end;
  }

  /** @returns the next reading; null at the end */
  async next(): Promise<EncodedReading | null> {
    if (this.isAtEnd) return null;
    try {
      const payload = await this.nextPayload();
      if (payload !== null) {
        const reading = fromSpoolPayload(payload);
        this.offset += HEAD_BYTES + payload.length;
        return reading;
      }
    } catch {
      // The disk does not give the rest back, or another version wrote it.
    }
    this.stopAt(this.offset);
    return null;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async nextPayload(): Promise<Buffer | null> {
    if (this.offset + HEAD_BYTES > this.end) return null;
    const head = await this.read(this.offset, HEAD_BYTES);
    const length = head.readUInt32LE(0);
    const start = this.offset + HEAD_BYTES;
    // Zero: a file system may have made the file longer before a crash, and not written the bytes.
    if (length === 0 || length > MAX_PAYLOAD_BYTES || start + length > this.end) return null;
    const payload = await this.read(start, length);
    return crc32c(payload) === head.readUInt32LE(4) ? payload : null;
  }

  private async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    let at = 0;
    while (at < length) {
      const { bytesRead } = await this.file.read(buffer, at, length - at, position + at);
      if (bytesRead === 0) throw new Error('the file has become shorter while it was read');
      at += bytesRead;
    }
    return buffer;
  }

  private stopAt(offset: number): void {
    this.damagedBytes = this.end - offset;
    this.end = this.offset = offset;
  }
}
