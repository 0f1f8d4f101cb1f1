import { setTimeout as sleep } from 'node:timers/promises';

/** A check that fails takes some milliseconds of processor time, for its message and stack. So it is repeated less often after a while. */
const POLL_MS = { least: 15, most: 100 };
const PART_OF_THE_WAIT = 0.1;

/** Repeats a check until it passes, and returns its result. Throws its last failure after `timeoutMs`. */
export async function eventually<Result>(check: () => Result | Promise<Result>, timeoutMs = 10_000): Promise<Result> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await check();
    } catch (error) {
      const waitedMs = performance.now() - startedAt;
      if (waitedMs > timeoutMs) throw error;
      await sleep(Math.min(POLL_MS.most, Math.max(POLL_MS.least, PART_OF_THE_WAIT * waitedMs)));
    }
  }
}
