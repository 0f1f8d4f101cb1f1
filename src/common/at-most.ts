import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for `work`, for `ms` milliseconds at most. A later result or rejection is ignored. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  const elapsed = sleep(ms, undefined, { signal: waiting.signal }).catch(() => undefined);
  try {
    await Promise.race([work, elapsed]);
  } finally {
    waiting.abort();
  }
}
