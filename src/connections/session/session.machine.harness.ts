import type { Reason } from '../../gateway-client/failure/failure';
import type { LoginStanding } from '../../login-budget/login-standing';
import { initialState, step } from './session.machine';
import type { SessionEffect, SessionEvent, SessionState } from './session.machine';

export const refusedTcp: Reason = { code: 'connect_refused', step: 'tcp', message: 'Connection refused' };
export const badLogin: Reason = { code: 'login_refused', step: 'login', message: 'The gateway refused the login' };
export const noAnswer: Reason = { code: 'login_timeout', step: 'login', message: 'No answer to the login in time' };
export const sealed: Reason = { code: 'credentials_unreadable', step: 'credentials', message: 'Cannot be opened' };
export const reset: Reason = { code: 'connection_lost', step: 'live', message: 'The connection broke' };

export const now = 1_000_000;
/** When a login that was refused at `now` is due again. */
export const later = now + 300_000;

export const unproven: LoginStanding = { accepted: false, refusals: 0, nextLoginAt: null, unanswered: 0 };
export const proven: LoginStanding = { ...unproven, accepted: true };
export const refusedOnce: LoginStanding = { ...unproven, refusals: 1, nextLoginAt: later };
export const spent: LoginStanding = { ...unproven, refusals: 3, nextLoginAt: later };
/** Tries whose outcome is unknown. */
export const neverAnswered: LoginStanding = { ...unproven, refusals: 3 };

export const eventTypes = [
  'connect',
  'order',
  'stop',
  'targetChanged',
  'standingKnown',
  'socketOpened',
  'loginRecorded',
  'loginUnrecordable',
  'loginBarred',
  'accountSpent',
  'loginAccepted',
  'provedStable',
  'retryDue',
  'credentialsUnreadable',
  'loginRefused',
  'connectionLost',
] as const satisfies SessionEvent['type'][];

/** The event types that the list above lacks. The compiler refuses an empty list unless there are none. */
type Forgotten = Exclude<SessionEvent['type'], (typeof eventTypes)[number]>;
export const forgotten: [Forgotten] extends [never] ? [] : [Forgotten, ...Forgotten[]] = [];

export function anEvent(type: SessionEvent['type']): SessionEvent {
  switch (type) {
    case 'connect':
    case 'order':
      return { type, now };
    case 'standingKnown':
      return { type, standing: refusedOnce, now };
    case 'credentialsUnreadable':
      return { type, reason: sealed };
    case 'loginRefused':
      return { type, reason: badLogin, nextLoginAt: later };
    case 'connectionLost':
      return { type, reason: reset };
    default:
      return { type };
  }
}

export const [connect, order, opened, recorded, accepted] = [
  anEvent('connect'),
  anEvent('order'),
  anEvent('socketOpened'),
  anEvent('loginRecorded'),
  anEvent('loginAccepted'),
] as const;
export const [refuse, due, stop, changed] = [
  anEvent('loginRefused'),
  anEvent('retryDue'),
  anEvent('stop'),
  anEvent('targetChanged'),
] as const;
export const lose = (reason: Reason = reset): SessionEvent => ({ type: 'connectionLost', reason });
export const know = (standing: LoginStanding, at = now): SessionEvent => ({
  type: 'standingKnown',
  standing,
  now: at,
});

export function aState(changes: Partial<SessionState>): SessionState {
  return { ...initialState, ...changes };
}

/** Applies events to a state, and returns the resulting state, all effects, and those of the last event. */
export function play(
  from: SessionState,
  ...events: SessionEvent[]
): { state: SessionState; effects: SessionEffect[]; last: readonly SessionEffect[] } {
  let state = from;
  let last: readonly SessionEffect[] = [];
  const effects: SessionEffect[] = [];
  for (const event of events) {
    ({ state, effects: last } = step(state, event));
    effects.push(...last);
  }
  return { state, effects, last };
}
