import type { ConnectionStatus, ConnectionTest, Reason } from '../../.generated/types.gen';
import type { Step } from './advice';

/** The steps of an attempt in their order. */
const STEP_NAMES = ['credentials', 'resolve', 'tcp', 'tls', 'upgrade', 'login', 'subscribe', 'live'] as const;

/** What is known of one step of a connection. `unused`: TLS on `ws://`. */
export interface Rung {
  readonly step: Step;
  readonly result: 'passed' | 'failed' | 'unused' | 'open';
  /** How long it took; only tests measure it. */
  readonly ms: number | null;
  readonly reason: Reason | null;
}

/**
 * How far the connection of a gateway has come.
 * @param hasTls whether its URL is `wss://`
 */
export function ladderOfStatus({ state, reason }: Pick<ConnectionStatus, 'state' | 'reason'>, hasTls: boolean): Rung[] {
  if (state === 'connected') return ladder(STEP_NAMES.length, null, hasTls);
  if (state === 'disconnected' || state === 'unknown') return ladder(0, null, hasTls);
  if (reason) return ladder(STEP_NAMES.indexOf(reason.step), reason, hasTls);
  return ladder(state === 'authenticating' ? STEP_NAMES.indexOf('login') : 0, null, hasTls);
}

/** What a test of the connection found out. It ends before the session would be live. */
export function ladderOfTest({ rungs }: ConnectionTest, hasTls: boolean): Rung[] {
  const tested = new Map(rungs.map((rung) => [rung.step, rung]));
  return STEP_NAMES.filter((step) => step !== 'live' || tested.has(step)).map((step) => {
    const rung = tested.get(step);
    if (!rung) return { step, result: step === 'tls' && !hasTls ? 'unused' : 'open', ms: null, reason: null };
    return { step, result: rung.ok ? 'passed' : 'failed', ms: rung.ms, reason: rung.reason };
  });
}

/** @param passed how many steps succeeded; the next one failed if there is a reason */
function ladder(passed: number, reason: Reason | null, hasTls: boolean): Rung[] {
  return STEP_NAMES.map((step, index) => {
    const result = index < passed ? 'passed' : index === passed && reason ? 'failed' : 'open';
    if (step === 'tls' && !hasTls && result !== 'failed') return { step, result: 'unused', ms: null, reason: null };
    return { step, result, ms: null, reason: result === 'failed' ? reason : null };
  });
}
