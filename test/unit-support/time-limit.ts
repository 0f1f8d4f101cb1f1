import { runInNewContext } from 'node:vm';

const LIMIT_MS = 60_000;

/**
 * Runs synchronous work, and interrupts it after a minute. For work that takes a moment if its time grows with the size of the input,
 * and hours if it grows with the square of it.
 * @throws Error if the work is interrupted
 */
export function withTimeLimit(work: () => void): void {
  runInNewContext('work()', { work }, { timeout: LIMIT_MS });
}
