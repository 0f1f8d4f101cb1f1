export interface BackoffSettings {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after a failure: doubles from `minMs` to `maxMs` with each consecutive failure, times a random 50 to 100 %, so
 * that gateways that failed together do not reconnect together.
 * @param attempt consecutive failures; 1 for the first
 */
export function backoffMs(
  attempt: number,
  { minMs, maxMs }: BackoffSettings,
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(maxMs, minMs * 2 ** Math.max(0, attempt - 1));
  return Math.round(fullMs * (0.5 + random() / 2));
}
