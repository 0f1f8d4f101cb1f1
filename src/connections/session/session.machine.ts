import type { Moment } from '../../common/clock';
import { ACCOUNT_SPENT, MOVED } from '../../gateway-client/failure/reasons';
import { isUnderWay } from '../../status/connection-state';
import type { Reason } from '../../gateway-client/failure/failure';
import type { ConnectionState } from '../../status/connection-state';
import {
  accepted,
  granted,
  isDoubtful,
  mustRecord,
  permissionOf,
  recorded,
  refused,
  unanswered,
  unproven,
} from '../../login-budget/login-standing';
import type { LoginStanding } from '../../login-budget/login-standing';

export interface SessionState {
  readonly name: ConnectionState;
  /** Why it is not connected: the last failure, kept while the next attempt runs. */
  readonly reason: Reason | null;
  /** Consecutive failures. */
  readonly attempt: number;
  readonly standing: LoginStanding;
}

export type SessionEvent =
  | { type: 'stop' | 'targetChanged' }
  /** The desired state is `connected`. `hasMoved`: another process has had the session. */
  | { type: 'connect'; now: Moment; hasMoved?: boolean }
  /** An operator's connect order, which also grants one login if none is left. */
  | { type: 'order'; now: Moment }
  /** The table's record of the credentials was read: at the start, after a connection test, or when a login turned out to be outdated. */
  | { type: 'standingKnown'; standing: LoginStanding; now: Moment }
  /** `isSuspect`: the gateway refused a login of its account within the hour, in any session or test. */
  | { type: 'socketOpened'; isSuspect?: boolean }
  | { type: 'loginRecorded' | 'loginUnrecordable' | 'loginBarred' | 'accountSpent' | 'loginAccepted' }
  | { type: 'provedStable' | 'retryDue' }
  | { type: 'credentialsUnreadable'; reason: Reason }
  /** `nextLoginAt`: when the next try of these credentials is due, if there is one. */
  | { type: 'loginRefused'; reason: Reason; nextLoginAt: Moment }
  /** `isUnwelcome`: the gateway closed the connection because of its own policy. */
  | { type: 'connectionLost'; reason: Reason; isUnwelcome?: boolean };

/** `dial` has priority over `dialAgain`: repeated failures must not delay a gateway that is likely to answer. */
export type SessionEffect =
  | 'dial'
  | 'dialAgain'
  | 'recordLogin'
  | 'sendLogin'
  | 'noteAccepted'
  | 'noteUnrecordedRefusal'
  | 'noteRecordedRefusal'
  | 'noteUnanswered'
  | 'subscribe'
  | 'watchLiveness'
  | 'retryWithBackoff'
  | 'retryMuchLater'
  | 'retryWhenPermitted'
  | 'retryWhenAccountIsFree'
  | 'endAttempt';

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

const REFUSED_BEFORE: Reason = {
  step: 'login',
  code: 'login_refused',
  message:
    'The gateway refused this login before; it is not tried again until the next retry, a change of the login or a connect request',
};
const NEVER_ANSWERED: Reason = {
  step: 'login',
  code: 'login_timeout',
  message:
    'The outcome of the last logins is unknown: the service stopped, or disconnected, before the gateway answered',
};

export const initialState: SessionState = { name: 'disconnected', reason: null, attempt: 0, standing: unproven };

/** The state machine of a session. Pure: no clock, no socket, no logger. `to` pairs a state with its effects. */
export function step(state: SessionState, event: SessionEvent): Step {
  switch (event.type) {
    case 'stop':
      return to({ ...state, name: 'disconnected', reason: null, attempt: 0 }, 'endAttempt');
    case 'targetChanged':
      if (state.name === 'disconnected') return to({ ...state, standing: unproven });
      return to({ name: 'connecting', reason: null, attempt: 0, standing: unproven }, 'endAttempt', 'dial');
    case 'connect':
      if (state.name === 'disconnected')
        return connecting(event.hasMoved ? { ...state, reason: MOVED } : state, event.now);
      break;
    case 'order':
      if (isUnderWay(state.name)) break;
      return connecting({ ...state, standing: granted(state.standing, event.now) }, null);
    case 'standingKnown':
      // The counts here are newer. A `nextLoginAt` comes from a refusal in a test, which this login clears if it is accepted.
      if (state.name === 'authenticating')
        return to({ ...state, standing: { ...state.standing, nextLoginAt: event.standing.nextLoginAt } });
      return known({ ...state, standing: event.standing }, event.now);
    case 'retryDue':
      if (state.name === 'auth_failed') return to({ ...state, name: 'connecting' }, 'dialAgain');
      if (state.name === 'reconnecting')
        return to({ ...state, name: 'connecting' }, isFirstLoss(state) ? 'dial' : 'dialAgain');
      break;
    case 'credentialsUnreadable':
      // No retry: only a new password, or a restart with the right key, can help.
      if (state.name === 'connecting') return to({ ...failed(state, event.reason), name: 'auth_failed' }, 'endAttempt');
      break;
    case 'socketOpened':
      if (state.name !== 'connecting') break;
      return mustRecord(state.standing) || event.isSuspect ? to(state, 'recordLogin') : loggingIn(state);
    case 'loginRecorded':
      if (state.name === 'connecting') return loggingIn({ ...state, standing: recorded(state.standing) });
      break;
    case 'loginUnrecordable':
      // The next dial waits for the database. Until then, the reason stays as it was.
      if (state.name === 'connecting') return to(state, 'endAttempt', 'dialAgain');
      break;
    case 'loginBarred':
      if (state.name === 'connecting')
        return to({ ...state, name: 'auth_failed', reason: REFUSED_BEFORE }, 'endAttempt');
      break;
    case 'accountSpent':
      // The account is at its limit, which says nothing about this login: it is retried later, with its credentials unchanged.
      if (state.name === 'connecting')
        return to({ ...state, name: 'auth_failed', reason: ACCOUNT_SPENT }, 'endAttempt', 'retryWhenAccountIsFree');
      break;
    case 'loginAccepted':
      if (state.name === 'authenticating') return loggedIn(state);
      break;
    case 'loginRefused':
      if (state.name === 'authenticating') return turnedAway(state, event.reason, event.nextLoginAt);
      break;
    case 'connectionLost':
      if (isUnderWay(state.name)) return lost(state, event.reason, event.isUnwelcome ?? false);
      break;
    case 'provedStable':
      // Not reset at login: the delays before a gateway that accepts and drops at once must keep growing.
      if (state.name === 'connected') return to({ ...state, attempt: 0 });
      break;
  }
  return to(state); // Late or unexpected events change nothing.
}

/** @param now null to dial even if earlier refusals forbid it */
function connecting(state: SessionState, now: Moment | null): Step {
  const permission = now === null ? 'now' : permissionOf(state.standing, now);
  if (permission === 'now') return to({ ...state, name: 'connecting' }, 'endAttempt', 'dial');
  return barred(state, permission);
}

function barred(state: SessionState, permission: 'later' | 'never'): Step {
  if (state.standing.nextLoginAt === null) {
    return to({ ...state, name: 'reconnecting', reason: NEVER_ANSWERED }, 'endAttempt', 'retryMuchLater');
  }
  const next: SessionState = { ...state, name: 'auth_failed', reason: REFUSED_BEFORE };
  return permission === 'never' ? to(next, 'endAttempt') : to(next, 'endAttempt', 'retryWhenPermitted');
}

function known(state: SessionState, now: Moment): Step {
  const permission = permissionOf(state.standing, now);
  if ((state.name === 'connecting' || state.name === 'reconnecting') && permission !== 'now')
    return barred(state, permission);
  if (state.name !== 'auth_failed' || state.reason?.code === 'credentials_unreadable') return to(state);
  return connecting(state, now);
}

function loggingIn(state: SessionState): Step {
  return to({ ...state, name: 'authenticating' }, 'sendLogin');
}

function loggedIn(state: SessionState): Step {
  const next: SessionState = { ...state, name: 'connected', reason: null, standing: accepted };
  return mustRecord(state.standing)
    ? to(next, 'noteAccepted', 'subscribe', 'watchLiveness')
    : to(next, 'subscribe', 'watchLiveness');
}

function turnedAway(state: SessionState, reason: Reason, nextLoginAt: Moment): Step {
  const standing = refused(state.standing, nextLoginAt);
  const next: SessionState = { ...failed(state, reason), name: 'auth_failed', standing };
  const note = state.standing.refusals > 0 ? 'noteRecordedRefusal' : 'noteUnrecordedRefusal';
  return permissionOf(standing, nextLoginAt) === 'never'
    ? to(next, note, 'endAttempt')
    : to(next, note, 'endAttempt', 'retryWhenPermitted');
}

function lost(state: SessionState, reason: Reason, isUnwelcome: boolean): Step {
  const wasAsked = state.name === 'authenticating';
  const standing = wasAsked ? unanswered(state.standing) : state.standing;
  const next: SessionState = { ...failed(state, reason), name: 'reconnecting', standing };
  const retry = isUnwelcome || isDoubtful(standing) ? 'retryMuchLater' : 'retryWithBackoff';
  const isRecorded = wasAsked && state.standing.refusals > 0;
  return isRecorded ? to(next, 'noteUnanswered', 'endAttempt', retry) : to(next, 'endAttempt', retry);
}

function failed(state: SessionState, reason: Reason): SessionState {
  return { ...state, reason, attempt: state.attempt + 1 };
}

/** Whether this is the first failure after a live session. */
function isFirstLoss({ attempt, reason }: SessionState): boolean {
  return attempt === 1 && reason?.step === 'live';
}

function to(state: SessionState, ...effects: SessionEffect[]): Step {
  return { state, effects };
}
