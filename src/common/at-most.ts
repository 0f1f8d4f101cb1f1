import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for something, but no longer than so many milliseconds; what becomes of it after that is nobody's concern. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  const elapsed = sleep(ms, undefined, { signal: waiting.signal }).catch(() => undefined);
  try {
    await Promise.race([work, elapsed]);
  } finally {
    waiting.abort();
  }
}
