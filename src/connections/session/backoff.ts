export interface BackoffSettings {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * How many milliseconds to wait after the given failure in a row, the first being 1: doubling from `minMs` to `maxMs`, and of
 * that a random 50 to 100 %, so that gateways that failed together do not come back together.
 */
export function backoffMs(
  attempt: number,
  { minMs, maxMs }: BackoffSettings,
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(maxMs, minMs * 2 ** Math.max(0, attempt - 1));
  return Math.round(fullMs * (0.5 + random() / 2));
}
