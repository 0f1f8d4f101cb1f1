import { CONNECTION_STATES } from '../../status/connection-state';
import { initialState, step } from './session.machine';
import type { SessionEvent, SessionState } from './session.machine';
import {
  accepted,
  anEvent,
  aState,
  badLogin,
  connect,
  due,
  eventTypes,
  forgotten,
  later,
  lose,
  noAnswer,
  opened,
  order,
  play,
  proven,
  recorded,
  refuse,
  refusedTcp,
  reset,
  sealed,
  stop,
  unproven,
} from './session.machine.harness';

describe('the session machine', () => {
  describe('the table of states', () => {
    it.each([connect, order])('STATUS-02: leaves disconnected on $type, and dials', (event) => {
      const { state, effects } = step(initialState, event);
      expect(state).toMatchObject({ name: 'connecting', reason: null, attempt: 0 });
      expect(effects).toEqual(['endAttempt', 'dial']);
    });

    it('goes from connecting to authenticating when the socket opens, and sends a login that was accepted last', () => {
      const dialling = aState({ name: 'connecting', reason: reset, attempt: 2, standing: proven });
      const { state, effects } = step(dialling, opened);
      expect(state).toEqual({ ...dialling, name: 'authenticating' });
      expect(effects).toEqual(['sendLogin']);
    });

    it('goes from connecting to reconnecting when the dial fails, and waits', () => {
      const { state, effects } = step(aState({ name: 'connecting' }), lose(refusedTcp));
      expect(state).toMatchObject({ name: 'reconnecting', reason: refusedTcp, attempt: 1 });
      expect(effects).toEqual(['endAttempt', 'retryWithBackoff']);
    });

    it('goes from connecting to auth_failed when the password cannot be decrypted, and waits for an operator', () => {
      const { state, effects } = step(aState({ name: 'connecting' }), anEvent('credentialsUnreadable'));
      expect(state).toMatchObject({ name: 'auth_failed', reason: sealed, attempt: 1 });
      expect(effects).toEqual(['endAttempt']);
    });

    it('goes from authenticating to connected when the login is accepted, subscribes and watches', () => {
      const authenticating = aState({ name: 'authenticating', reason: reset, attempt: 3, standing: proven });
      const { state, effects } = step(authenticating, accepted);
      expect(state).toEqual({ name: 'connected', reason: null, attempt: 3, standing: proven });
      expect(effects).toEqual(['subscribe', 'watchLiveness']);
    });

    it('does not retry as a network failure when the gateway refuses the login', () => {
      const { state, effects } = step(aState({ name: 'authenticating', standing: proven }), refuse);
      expect(state).toMatchObject({ name: 'auth_failed', reason: badLogin, attempt: 1 });
      expect(effects).toEqual(['noteUnrecordedRefusal', 'endAttempt', 'retryWhenPermitted']);
    });

    it('goes from authenticating to reconnecting when the login is not answered, and waits', () => {
      const { state, effects } = step(aState({ name: 'authenticating', standing: proven }), lose(noAnswer));
      expect(state).toMatchObject({ name: 'reconnecting', reason: noAnswer, attempt: 1 });
      expect(effects).toEqual(['endAttempt', 'retryWithBackoff']);
    });

    it('LIFECYCLE-05: goes from connected to reconnecting on any loss, and waits', () => {
      const { state, effects } = step(aState({ name: 'connected', standing: proven }), lose());
      expect(state).toMatchObject({ name: 'reconnecting', reason: reset, attempt: 1 });
      expect(effects).toEqual(['endAttempt', 'retryWithBackoff']);
    });

    it.each(['connecting', 'authenticating', 'connected'] as const)(
      'retries much later when a gateway closes because of its own policy while %s',
      (name) => {
        const unwelcome: SessionEvent = { type: 'connectionLost', reason: reset, isUnwelcome: true };
        const { state, effects } = step(aState({ name, standing: proven }), unwelcome);
        expect(state).toMatchObject({ name: 'reconnecting', reason: reset, attempt: 1 });
        expect(effects).toEqual(['endAttempt', 'retryMuchLater']);
      },
    );

    it('goes from reconnecting to connecting when the wait is over, and keeps the reason until it is connected', () => {
      const { state, effects } = step(aState({ name: 'reconnecting', reason: reset, attempt: 4 }), due);
      expect(state).toMatchObject({ name: 'connecting', reason: reset, attempt: 4 });
      expect(effects).toEqual(['dialAgain']);
    });

    it('goes from reconnecting to connecting at once when an operator orders it', () => {
      const { state, effects } = step(aState({ name: 'reconnecting', reason: reset, attempt: 9 }), order);
      expect(state).toMatchObject({ name: 'connecting', reason: reset, attempt: 9 });
      expect(effects).toEqual(['endAttempt', 'dial']); // Ending the attempt cancels the back-off timer.
    });

    it('leaves auth_failed when an operator orders it, and when the slow retry is due', () => {
      const failed = aState({ name: 'auth_failed', reason: badLogin, attempt: 1 });
      expect(step(failed, order)).toMatchObject({ state: { name: 'connecting' }, effects: ['endAttempt', 'dial'] });
      expect(step(failed, due)).toMatchObject({ state: { name: 'connecting' }, effects: ['dialAgain'] });
    });

    it.each(CONNECTION_STATES.filter((name) => name !== 'disconnected'))(
      'LIFECYCLE-02: dials again with a clean record when URL or credentials change while %s',
      (name) => {
        const spoilt = { accepted: true, refusals: 2, nextLoginAt: later, unanswered: 4 };
        const { state, effects } = step(aState({ name, reason: reset, attempt: 7, standing: spoilt }), {
          type: 'targetChanged',
        });
        expect(state).toEqual({ name: 'connecting', reason: null, attempt: 0, standing: unproven });
        expect(effects).toEqual(['endAttempt', 'dial']);
      },
    );

    it('stays disconnected when URL or credentials change, but forgets the outcomes of the old ones', () => {
      const spoilt = { accepted: true, refusals: 3, nextLoginAt: later, unanswered: 5 };
      const { state, effects } = step(aState({ standing: spoilt }), { type: 'targetChanged' });
      expect(state).toEqual(initialState);
      expect(effects).toEqual([]);
    });

    it.each(CONNECTION_STATES)('STATUS-03: stops without a retry while %s', (name) => {
      const { state, effects } = step(aState({ name, reason: reset, attempt: 3 }), stop);
      expect(state).toMatchObject({ name: 'disconnected', reason: null, attempt: 0 });
      expect(effects).toEqual(['endAttempt']);
    });
  });

  describe('the priority of dials', () => {
    it('puts a session that was stable until now before repeated failures', () => {
      const { last } = play(aState({ name: 'connected', standing: proven }), lose(), due);
      expect(last).toEqual(['dial']);
    });

    it('does not favour a gateway that drops every connection', () => {
      const { last } = play(aState({ name: 'connected', attempt: 1, standing: proven }), lose(), due);
      expect(last).toEqual(['dialAgain']);
    });

    it('does not favour a gateway whose first dial failed', () => {
      const { last } = play(initialState, connect, lose(refusedTcp), due);
      expect(last).toEqual(['dialAgain']);
    });

    it('does not favour a gateway that is unreachable since the start, even if its login was accepted before', () => {
      const { last } = play(aState({ standing: proven }), connect, lose(refusedTcp), due);
      expect(last).toEqual(['dialAgain']);
    });
  });

  describe('the count of failures', () => {
    it('includes all failures in a row, whatever their kind', () => {
      const twice = play(initialState, connect, lose(refusedTcp), due, opened, recorded, lose(noAnswer));
      expect(play(twice.state, due, lose()).state.attempt).toBe(3);
    });

    it('is not reset by a login, so that the back-off grows for a gateway that accepts and drops at once', () => {
      const once = play(initialState, connect, opened, recorded, accepted, lose());
      const { state } = play(once.state, due, opened, accepted);
      expect(state).toMatchObject({ name: 'connected', attempt: 1 });
      expect(step(state, lose()).state.attempt).toBe(2);
    });

    it('is reset when the session has proved stable', () => {
      const flaky = aState({ name: 'connected', attempt: 6, standing: proven });
      const { state, effects } = step(flaky, { type: 'provedStable' });
      expect(state).toEqual({ ...flaky, attempt: 0 });
      expect(effects).toEqual([]);
    });

    it('is reset when the operator disconnects', () => {
      const { state } = play(initialState, connect, lose(), due, lose(), stop, connect);
      expect(state.attempt).toBe(0);
    });
  });

  describe('events in each state', () => {
    const heardBy: Record<SessionEvent['type'], readonly SessionState['name'][]> = {
      connect: ['disconnected'],
      order: ['disconnected', 'reconnecting', 'auth_failed'],
      stop: CONNECTION_STATES,
      targetChanged: CONNECTION_STATES,
      standingKnown: CONNECTION_STATES,
      socketOpened: ['connecting'],
      loginRecorded: ['connecting'],
      loginUnrecordable: ['connecting'],
      loginBarred: ['connecting'],
      accountSpent: ['connecting'],
      loginAccepted: ['authenticating'],
      provedStable: ['connected'],
      retryDue: ['reconnecting', 'auth_failed'],
      credentialsUnreadable: ['connecting'],
      loginRefused: ['authenticating'],
      connectionLost: ['connecting', 'authenticating', 'connected'],
    };
    const all = eventTypes.flatMap((type) => CONNECTION_STATES.map((name) => [type, name] as const));
    const isHeard = ([type, name]: (typeof all)[number]) => heardBy[type].includes(name);
    const stateOf = (name: SessionState['name']) => aState({ name, reason: reset, attempt: 2, standing: proven });

    it.each(all.filter((pair) => !isHeard(pair)))('%s changes nothing while %s', (type, name) => {
      const state = stateOf(name);
      expect(step(state, anEvent(type))).toEqual({ state, effects: [] });
    });

    it.each(all.filter(isHeard))('%s has an effect while %s', (type, name) => {
      const state = stateOf(name);
      expect(step(state, anEvent(type))).not.toEqual({ state, effects: [] });
    });

    it('include every event type', () => {
      expect(forgotten).toEqual([]);
    });
  });
});
