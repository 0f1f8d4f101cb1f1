import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchProcess } from './bench-process';
import type { Load, LoadReport } from './load-generator';

/** Time for a side to finish work that follows its answers. */
const PAUSE_MS = 50;

/** Sends loads from a process of its own. */
export class LoadSender {
  constructor(private readonly generator: BenchProcess) {}

  /** Answers per second. @throws Error if a request is not answered with 2xx */
  async perSecond(load: Load): Promise<number> {
    const { perSecond, refused, unanswered } = await this.generator.ask<LoadReport>(load);
    if (refused + unanswered > 0) {
      const what = 'kind' in load.requests ? load.requests.kind : load.requests[0]?.path;
      throw new Error(`${what} on ${load.url}: ${refused} answers were not 2xx, ${unanswered} never came`);
    }
    await sleep(PAUSE_MS);
    return perSecond;
  }
}
