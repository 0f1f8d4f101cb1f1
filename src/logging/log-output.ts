import { fstatSync, write } from 'node:fs';

interface Limits {
  /** What may wait to be written, in bytes. */
  readonly waiting: number;
  /** What is written at once, in bytes. */
  readonly write: number;
}

/**
 * A reader that is slow, or does not read at all, must not cost much memory; ten thousand gateways that are lost at once fit in this.
 * A pipe takes `PIPE_BUF` bytes whole or not at all, so that no line is cut when it is full.
 */
const PIPE_LIMITS: Limits = { waiting: 4 * 1024 * 1024, write: 4096 };

/** A file takes what it is given; only a disk that is full makes lines wait. */
const FILE_LIMITS: Limits = { waiting: 64 * 1024 * 1024, write: 256 * 1024 };

/** How long lines are collected after everything was written. Under load, fewer writes then go to the thread pool. */
const PAUSE_MS = 10;

/** When a full pipe is tried again: after the first, and each time twice as late, up to the second. */
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 100;

/** When it is tried again after any other failure: nobody reads it any more, or the disk is full. */
const RETRY_FAILED_MS = 1000;

/** Whole lines that are written together. */
interface Batch {
  text: string;
  bytes: number;
}

/**
 * Writes log lines to a file descriptor without ever waiting for its reader. A line is written at once if
 * none was for a moment; lines that come soon after it go together. What cannot be written waits, up to a limit; then lines are dropped
 * until all that waits is written.
 *
 * A write is done by a thread of the pool, since another process that shares the pipe can make it one that blocks.
 */
export class LogOutput {
  /** Called when there is room again, with how many lines were dropped; what it writes comes in their place. */
  onDropped: (lines: number) => void = () => undefined;

  private readonly waiting: Batch[] = [];
  private waitingBytes = 0;
  private dropped = 0;
  /** What is left of the batch that is being written. */
  private rest: string | Buffer = '';
  /** From the first try of a batch to the end of the last one. */
  private isBusy = false;
  private pause: NodeJS.Timeout | undefined;
  private isUnderWay = false;
  private hasFailed = false;
  private retryMs = FIRST_RETRY_MS;
  private onSettled: () => void = () => undefined;

  /** Whether it has a reader, another program, which may stop reading. */
  readonly isPipe: boolean;
  private readonly limits: Limits;

  constructor(private readonly file: number) {
    const status = fstatSync(file);
    this.isPipe = status.isFIFO() || status.isSocket();
    this.limits = this.isPipe ? PIPE_LIMITS : FILE_LIMITS;
  }

  /** Whether a write has begun that has not come back. An exit waits for it. */
  get isWriting(): boolean {
    return this.isUnderWay;
  }

  /** @param line with its end of line */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.dropped > 0 || this.waitingBytes + bytes > this.limits.waiting) {
      this.dropped += 1;
      if (this.waitingBytes === 0) this.reportDropped(); // It was too long by itself.
      return;
    }
    this.waitingBytes += bytes;
    const last = this.waiting.at(-1);
    if (last && last.bytes + bytes <= this.limits.write) {
      last.text += line;
      last.bytes += bytes;
    } else {
      this.waiting.push({ text: line, bytes });
    }
    if (!this.isBusy && !this.pause) this.writeNext();
  }

  /** Waits until all is written, but no longer than so many milliseconds, and not for a reader that is gone. */
  async drain(limitMs: number): Promise<void> {
    this.endPause();
    if (this.waitingBytes === 0 || this.hasFailed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.onSettled = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private writeNext(): void {
    const next = this.waiting.shift();
    this.isBusy = next !== undefined;
    if (next) {
      this.rest = next.text;
      return this.writeRest();
    }
    if (this.dropped > 0) this.reportDropped(); // Which may be written, and make it busy.
    if (this.waitingBytes > 0) return;
    this.onSettled();
    this.pause = setTimeout(() => this.endPause(), PAUSE_MS);
  }

  private endPause(): void {
    if (!this.pause) return;
    clearTimeout(this.pause);
    this.pause = undefined;
    if (this.waiting.length > 0) this.writeNext();
  }

  private writeRest(): void {
    this.isUnderWay = true;
    const done = (error: NodeJS.ErrnoException | null, bytes: number) => {
      this.isUnderWay = false;
      if (error) this.tryAgainAfter(error);
      else this.goOnAfter(bytes);
    };
    if (typeof this.rest === 'string') write(this.file, this.rest, done);
    else write(this.file, this.rest, done);
  }

  private goOnAfter(bytes: number): void {
    this.hasFailed = false;
    this.retryMs = FIRST_RETRY_MS;
    this.waitingBytes -= bytes;
    if (bytes === Buffer.byteLength(this.rest)) return this.writeNext();
    this.rest = (typeof this.rest === 'string' ? Buffer.from(this.rest) : this.rest).subarray(bytes);
    this.writeRest();
  }

  private tryAgainAfter({ code }: NodeJS.ErrnoException): void {
    this.hasFailed = code !== 'EAGAIN';
    if (this.hasFailed) this.onSettled();
    // Not for this does a process stay alive.
    setTimeout(() => this.writeRest(), this.hasFailed ? RETRY_FAILED_MS : this.retryMs).unref();
    this.retryMs = Math.min(2 * this.retryMs, LAST_RETRY_MS);
  }

  private reportDropped(): void {
    const { dropped } = this;
    this.dropped = 0;
    this.onDropped(dropped);
  }
}

/** The standard output of this process, which all of its log goes to. */
export const standardOutput = new LogOutput(process.stdout.fd);
