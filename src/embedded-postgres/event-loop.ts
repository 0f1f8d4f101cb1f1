import { setTimeout } from 'node:timers/promises';

const LONG_MS = 3_600_000;

/**
 * Keeps Node running until `work` settles. The waits in this folder are unref'd, so that a background server does not hold the
 * process. Work that a caller awaits must hold it, or Node would exit before it is done.
 */
export async function keepingNodeAlive<T>(work: Promise<T>): Promise<T> {
  const hold = setInterval(() => undefined, LONG_MS);
  try {
    return await work;
  } finally {
    clearInterval(hold);
  }
}

/** Waits `ms` milliseconds, or until `signal` aborts, which is not an error. Does not keep Node alive. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { ref: false, ...(signal && { signal }) });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** Whether `work` is done within `ms` milliseconds. Leaves no timer behind, and does not keep Node alive. */
export async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const done = new AbortController();
  const settled = work.then(() => true).finally(() => done.abort());
  return Promise.race([settled, pause(ms, done.signal).then(() => false)]);
}
