import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;

/** Repeats a check until it passes, and returns its result. Throws its last failure after `timeoutMs`. */
export async function eventually<Result>(check: () => Result | Promise<Result>, timeoutMs = 10_000): Promise<Result> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}
