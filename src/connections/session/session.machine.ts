import type { ConnectionState, Reason } from '../connection-state';

/** After so many refusals of the same credentials the service is silent until somebody acts. */
const REFUSALS_BEFORE_SILENCE = 3;

/** So many logins without an answer, by credentials that were never accepted, may be a firmware's way to say no. */
const UNANSWERED_BEFORE_CAUTION = 5;

/** What the present credentials have met so far. A change of URL or credentials begins a new record. */
interface CredentialsRecord {
  readonly accepted: boolean;
  readonly refusals: number;
  /** Logins in a row that ended without an answer. */
  readonly unanswered: number;
}

export interface SessionState {
  readonly name: ConnectionState;
  /** Why it is not connected: the last failure, kept while the next attempt runs. */
  readonly reason: Reason | null;
  /** Failures in a row. */
  readonly attempt: number;
  readonly credentials: CredentialsRecord;
}

export type SessionEvent =
  | { type: 'connect' | 'stop' | 'targetChanged' }
  | { type: 'socketOpened' | 'loginAccepted' | 'provedStable' | 'retryDue' }
  | { type: 'credentialsUnreadable' | 'loginRefused' | 'connectionLost'; reason: Reason };

/** `dial` goes before `dialAgain`: a repeated failure must not delay a gateway that may well answer. */
export type SessionEffect =
  | 'dial'
  | 'dialAgain'
  | 'sendLogin'
  | 'subscribe'
  | 'watchLiveness'
  | 'retryWithBackoff'
  | 'retryMuchLater'
  | 'endAttempt';

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

const unproven: CredentialsRecord = { accepted: false, refusals: 0, unanswered: 0 };

export const initialState: SessionState = { name: 'disconnected', reason: null, attempt: 0, credentials: unproven };

/** The whole life of a session. Pure: no clock, no socket, no logger. `to` pairs a state with its effects. */
export function step(state: SessionState, event: SessionEvent): Step {
  switch (event.type) {
    case 'stop':
      return to({ ...state, name: 'disconnected', reason: null, attempt: 0 }, 'endAttempt');
    case 'targetChanged':
      if (state.name === 'disconnected') return to({ ...state, credentials: unproven });
      return to({ name: 'connecting', reason: null, attempt: 0, credentials: unproven }, 'endAttempt', 'dial');
    case 'connect':
      if (!['disconnected', 'reconnecting', 'auth_failed'].includes(state.name)) break;
      return to({ ...state, name: 'connecting' }, 'endAttempt', 'dial');
    case 'retryDue':
      if (state.name === 'auth_failed') return to({ ...state, name: 'connecting' }, 'dialAgain');
      if (state.name === 'reconnecting')
        return to({ ...state, name: 'connecting' }, isFirstLoss(state) ? 'dial' : 'dialAgain');
      break;
    case 'credentialsUnreadable':
      // No retry: nothing but a new password, or a restart with the right key, can help.
      if (state.name === 'connecting') return to({ ...failed(state, event.reason), name: 'auth_failed' }, 'endAttempt');
      break;
    case 'socketOpened':
      if (state.name === 'connecting') return to({ ...state, name: 'authenticating' }, 'sendLogin');
      break;
    case 'loginAccepted':
      if (state.name === 'authenticating') return accepted(state);
      break;
    case 'loginRefused':
      if (state.name === 'authenticating') return refused(state, event.reason);
      break;
    case 'connectionLost':
      if (isUnderWay(state)) return lost(state, event.reason);
      break;
    case 'provedStable':
      // Not at login: a gateway that accepts and drops at once must keep backing off.
      if (state.name === 'connected') return to({ ...state, attempt: 0 });
      break;
  }
  return to(state); // Late or stray news changes nothing.
}

function accepted(state: SessionState): Step {
  const credentials = { accepted: true, refusals: 0, unanswered: 0 };
  return to({ ...state, name: 'connected', reason: null, credentials }, 'subscribe', 'watchLiveness');
}

function refused(state: SessionState, reason: Reason): Step {
  const refusals = state.credentials.refusals + 1;
  const next = { ...failed(state, reason), name: 'auth_failed' as const };
  const credentials = { ...state.credentials, refusals };
  return refusals < REFUSALS_BEFORE_SILENCE
    ? to({ ...next, credentials }, 'endAttempt', 'retryMuchLater')
    : to({ ...next, credentials }, 'endAttempt');
}

function lost(state: SessionState, reason: Reason): Step {
  const isUnanswered = state.name === 'authenticating' && !state.credentials.accepted;
  const unanswered = state.credentials.unanswered + (isUnanswered ? 1 : 0);
  return to(
    { ...failed(state, reason), name: 'reconnecting', credentials: { ...state.credentials, unanswered } },
    'endAttempt',
    unanswered >= UNANSWERED_BEFORE_CAUTION ? 'retryMuchLater' : 'retryWithBackoff',
  );
}

function failed(state: SessionState, reason: Reason): SessionState {
  return { ...state, reason, attempt: state.attempt + 1 };
}

function isUnderWay({ name }: SessionState): boolean {
  return name === 'connecting' || name === 'authenticating' || name === 'connected';
}

/** A session that was well until just now. */
function isFirstLoss({ attempt, credentials }: SessionState): boolean {
  return attempt === 1 && credentials.accepted;
}

function to(state: SessionState, ...effects: SessionEffect[]): Step {
  return { state, effects };
}
