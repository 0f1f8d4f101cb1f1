import { fstatSync, write } from 'node:fs';

interface Limits {
  /** Maximum size of the lines that wait to be written, in bytes. */
  readonly waiting: number;
  /** Lines are combined into one write up to this size, in bytes. */
  readonly write: number;
}

/**
 * Bounds the memory that a slow or stalled reader can cost. The lines of ten thousand gateways that are lost at once fit in it.
 * A pipe accepts up to `PIPE_BUF` bytes as a whole or not at all, so that a full pipe does not cut a line.
 */
const PIPE_LIMITS: Limits = { waiting: 4 * 1024 * 1024, write: 4096 };

/** A file accepts all writes; lines wait only if the disk is full. */
const FILE_LIMITS: Limits = { waiting: 64 * 1024 * 1024, write: 256 * 1024 };

/** How long lines are collected after everything is written, so that fewer writes go to the thread pool under load. */
const PAUSE_MS = 10;

/** Delay before the next attempt to write to a full pipe. It starts with the first value and doubles up to the second. */
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 100;

/** Delay before the next attempt after any other failure: the reader is gone, or the disk is full. */
const RETRY_FAILED_MS = 1000;

/** Whole lines that are written together. */
interface Batch {
  text: string;
  bytes: number;
}

/**
 * Writes log lines to a file descriptor without waiting for its reader. A line is written immediately if none was written just before;
 * lines that follow soon are written together. Lines that cannot be written wait, up to a limit; beyond it, lines are dropped until all
 * waiting lines are written.
 *
 * Writes run on the thread pool, because another process that shares the pipe can put it into blocking mode.
 */
export class LogOutput {
  /** Called with the number of dropped lines when there is room again. Lines that the callback writes appear in their place. */
  onDropped: (lines: number) => void = () => undefined;

  private readonly waiting: Batch[] = [];
  private waitingBytes = 0;
  private dropped = 0;
  /** The part of the current batch that is not yet written. */
  private rest: string | Buffer = '';
  /** True from the first attempt to write a batch until no batch is left. */
  private isBusy = false;
  private pause: NodeJS.Timeout | undefined;
  private isUnderWay = false;
  private hasFailed = false;
  private retryMs = FIRST_RETRY_MS;
  private onSettled: () => void = () => undefined;

  /** Whether the output is a pipe or a socket, whose reader may stop reading. */
  readonly isPipe: boolean;
  private readonly limits: Limits;

  constructor(private readonly file: number) {
    const status = fstatSync(file);
    this.isPipe = status.isFIFO() || status.isSocket();
    this.limits = this.isPipe ? PIPE_LIMITS : FILE_LIMITS;
  }

  /** Whether a write has begun and not returned. `process.exit` waits for it. */
  get isWriting(): boolean {
    return this.isUnderWay;
  }

  /** @param line including its line end */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.dropped > 0 || this.waitingBytes + bytes > this.limits.waiting) {
      this.dropped += 1;
      if (this.waitingBytes === 0) this.reportDropped(); // The line alone is larger than the limit.
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

  /** Waits until everything is written, for `limitMs` milliseconds at most. Does not wait for a reader that is gone. */
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
    if (this.dropped > 0) this.reportDropped(); // The callback may write a line, which starts a write.
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
    // A pending retry does not keep the process alive.
    setTimeout(() => this.writeRest(), this.hasFailed ? RETRY_FAILED_MS : this.retryMs).unref();
    this.retryMs = Math.min(2 * this.retryMs, LAST_RETRY_MS);
  }

  private reportDropped(): void {
    const { dropped } = this;
    this.dropped = 0;
    this.onDropped(dropped);
  }
}

/** The standard output of this process. The whole log is written to it. */
export const standardOutput = new LogOutput(process.stdout.fd);
