import { setTimeout as sleep } from 'node:timers/promises';

/** Sleeps for `ms` milliseconds, or until `end` aborts. */
export function pause(ms: number, end: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal: end }).catch(() => undefined);
}
