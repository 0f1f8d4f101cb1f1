import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 50;
/** Some milliseconds of work. */
const BLOCK = Buffer.alloc(4 * 1024 * 1024);

/**
 * How much longer than at its best a pause of 50 ms and a fixed piece of work take: 1 on an idle machine. A bound on what processes do is
 * multiplied by it.
 */
export class Slowness {
  private bestMs = Infinity;
  private sumMs = 0;
  private samples = 0;
  private isOver = false;
  private readonly ended = this.measure();

  /** Begins a new mean. The best is kept. */
  begin(): void {
    this.sumMs = this.samples = 0;
  }

  /** Of the time since `begin`. */
  get factor(): number {
    return this.samples === 0 ? 1 : this.sumMs / this.samples / this.bestMs;
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.ended;
  }

  private async measure(): Promise<void> {
    while (!this.isOver) {
      const began = performance.now();
      await sleep(PAUSE_MS);
      createHash('sha256').update(BLOCK).digest();
      const ms = performance.now() - began;
      this.bestMs = Math.min(this.bestMs, ms);
      this.sumMs += ms;
      this.samples += 1;
    }
  }
}
