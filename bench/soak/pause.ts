import { setTimeout as sleep } from 'node:timers/promises';

/** Sleeps, but not beyond the end. */
export function pause(ms: number, end: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal: end }).catch(() => undefined);
}
