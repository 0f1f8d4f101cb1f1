import { CONNECTION_STATES } from '../../status/connection-state';
import { initialState, step } from './session.machine';
import type { SessionEffect, SessionEvent, SessionState } from './session.machine';
import { anEvent, eventTypes, know, later, neverAnswered, proven, spent } from './session.machine.harness';

const events: SessionEvent[] = [
  ...eventTypes.map((type) => anEvent(type)),
  { type: 'connect', now: later },
  { type: 'connectionLost', reason: { code: 'connection_lost', step: 'live', message: '' }, isUnwelcome: true },
  ...[spent, neverAnswered, proven].map((standing) => know(standing)),
];

// Unbounded counters are capped where the machine no longer distinguishes their values.
const keyOf = ({ name, reason, attempt, standing }: SessionState) =>
  JSON.stringify([name, reason?.code, Math.min(attempt, 2), standing]);
const isBounded = ({ standing: { refusals, unanswered } }: SessionState) => refusals < 5 && unanswered < 7;

const isDial = (effect: SessionEffect) => effect === 'dial' || effect === 'dialAgain';
const hasSocket = ({ name }: SessionState) => ['connecting', 'authenticating', 'connected'].includes(name);
const isRetry = (effect: SessionEffect) => effect.startsWith('retry');

describe('the session machine, explored from its initial state', () => {
  const transitions: {
    from: SessionState;
    event: SessionEvent;
    to: SessionState;
    effects: readonly SessionEffect[];
  }[] = [];
  const seen = new Set<string>();
  beforeAll(() => {
    const frontier = [initialState];
    for (let from = frontier.pop(); from; from = frontier.pop()) {
      if (seen.has(keyOf(from)) || !isBounded(from)) continue;
      seen.add(keyOf(from));
      for (const event of events) {
        const { state, effects } = step(from, event);
        transitions.push({ from, event, to: state, effects });
        frontier.push(state);
      }
    }
  });

  /** Up to three transitions that break a rule. */
  const breaches = (isBreach: (transition: (typeof transitions)[number]) => boolean) =>
    transitions.filter(isBreach).slice(0, 3);

  it('reaches more than a hundred states, with every name and by every event', () => {
    expect(seen.size).toBeGreaterThan(100);
    expect(new Set(transitions.map(({ from }) => from.name))).toEqual(new Set(CONNECTION_STATES));
    expect(new Set(transitions.map(({ event }) => event.type))).toEqual(new Set(eventTypes));
  });

  it('dials exactly when it enters connecting or starts it again', () => {
    const anew = ['targetChanged', 'loginUnrecordable'];
    const enters = ({ from, event, to }: (typeof transitions)[number]) =>
      to.name === 'connecting' && (from.name !== 'connecting' || anew.includes(event.type));
    expect(breaches((transition) => transition.effects.filter(isDial).length !== (enters(transition) ? 1 : 0))).toEqual(
      [],
    );
  });

  it('never has two sockets: it ends an attempt that may have one before it dials', () => {
    expect(
      breaches(({ from, effects }) => hasSocket(from) && effects.some(isDial) && effects[0] !== 'endAttempt'),
    ).toEqual([]);
  });

  it('leaves no socket open: it ends the attempt on every transition to a state without a socket', () => {
    expect(
      breaches(({ from, to, effects }) => hasSocket(from) && !hasSocket(to) && !effects.includes('endAttempt')),
    ).toEqual([]);
  });

  it('always sets a timer for reconnecting, and otherwise only for auth_failed', () => {
    expect(
      breaches(({ from, to, effects }) => {
        const timers = effects.filter(isRetry).length;
        const isEntered = to.name === 'reconnecting' && from.name !== 'reconnecting';
        const isTimed = timers === 1 && (to.name === 'reconnecting' || to.name === 'auth_failed');
        return timers > 0 ? !isTimed : isEntered;
      }),
    ).toEqual([]);
  });

  it('cancels the previous timer before it sets another', () => {
    expect(
      breaches(({ effects }) => effects.some(isRetry) && effects.indexOf('endAttempt') !== effects.length - 2),
    ).toEqual([]);
  });

  it('has a reason after every failure, and none while connected or disconnected', () => {
    expect(
      breaches(({ to: { name, reason, attempt } }) => {
        if (name === 'connected' || name === 'disconnected') return reason !== null;
        if (name === 'reconnecting' || name === 'auth_failed') return reason === null;
        return attempt > 0 && reason === null; // In the other states, the reason is the last counted failure.
      }),
    ).toEqual([]);
  });

  it('is disconnected after every stop, and stays so until the next connect or order', () => {
    const isStart = ({ type }: SessionEvent) => type === 'connect' || type === 'order';
    expect(
      breaches(({ from, event, to, effects }) => {
        if (event.type === 'stop') return to.name !== 'disconnected' || effects.join() !== 'endAttempt';
        return from.name === 'disconnected' && !isStart(event) && to.name !== 'disconnected';
      }),
    ).toEqual([]);
  });

  it('sends a login only on an open socket, and subscribes only after it was accepted', () => {
    expect(
      breaches(({ event, to, effects }) => {
        const isLogin = ['socketOpened', 'loginRecorded'].includes(event.type) && to.name === 'authenticating';
        return (
          (effects.includes('sendLogin') && !isLogin) ||
          (effects.includes('subscribe') && !(event.type === 'loginAccepted' && to.name === 'connected'))
        );
      }),
    ).toEqual([]);
  });

  it('sends a login unrecorded only if it was accepted last', () => {
    expect(
      breaches(({ from: { standing }, event, effects }) => {
        const isAcceptedLast = standing.accepted && standing.refusals === 0;
        return effects.includes('sendLogin') && event.type !== 'loginRecorded' && !isAcceptedLast;
      }),
    ).toEqual([]);
  });

  it('waits for an operator after the third and every later refusal', () => {
    expect(
      breaches(
        ({ event, to, effects }) => event.type === 'loginRefused' && to.standing.refusals >= 3 && effects.some(isRetry),
      ),
    ).toEqual([]);
  });
});
