/**
 * The times of the protocol, in milliseconds. Safety rests on one inequality: `expiryMs` is longer than `orderMs` plus what closing the
 * sockets takes, by more than the rates of two clocks can differ. See docs/clusters.md.
 */
export interface Timing {
  /** Between two looks at the table. */
  readonly lookMs: number;
  /** How long after a successful look was sent its sender may send orders. */
  readonly orderMs: number;
  /** A member whose beat was seen unchanged for this long may be ended. */
  readonly expiryMs: number;
  /** Who had no answer for longer begins all observations anew: after an outage nobody may be ended for it. */
  readonly gapMs: number;
  /** Between two rounds of questions to peers while the database cannot be reached. */
  readonly askMs: number;
  /** How long an answer of a peer is waited for. */
  readonly answerMs: number;
  /** A peer that sees the database for this long, while this member does not, proves that this member is cut off. */
  readonly cutOffMs: number;
  /** How long sockets are kept once orders are forbidden and neither the database nor every peer can be asked. */
  readonly isolatedHoldMs: number;
  /** A plan that only balances waits until no member has joined or left for this long. */
  readonly settleMs: number;
  /** Before a failed registration or drain is tried again. */
  readonly retryMs: number;
}

/** Measured and simulated: docs/clusters.md. */
export const TIMING: Timing = {
  lookMs: 1500,
  orderMs: 5500,
  expiryMs: 8500,
  gapMs: 3500,
  askMs: 500,
  answerMs: 400,
  cutOffMs: 1000,
  isolatedHoldMs: 1500,
  settleMs: 10_000,
  retryMs: 500,
};

/** The times of tests, which do not wait for real ones. @param speed how many times faster */
export function fasterTiming(speed: number): Timing {
  const entries = Object.entries(TIMING).map(([name, ms]: [string, number]) => [name, ms / speed]);
  return Object.fromEntries(entries) as Record<keyof Timing, number>;
}

/** A statement without an answer for longer has failed, in milliseconds. */
export const STATEMENT_TIMEOUT_MS = 2500;
