import { CONNECTION_STATES } from '../connection-state';
import type { Reason } from '../connection-state';
import { initialState, step } from './session.machine';
import type { SessionEffect, SessionEvent, SessionState } from './session.machine';

const refusedTcp: Reason = { code: 'connect_refused', step: 'tcp', message: 'Connection refused by 10.0.0.7:5000' };
const badLogin: Reason = { code: 'login_refused', step: 'login', message: 'The gateway refused the login' };
const noAnswer: Reason = { code: 'login_timeout', step: 'login', message: 'No answer to the login in time' };
const sealed: Reason = { code: 'credentials_unreadable', step: 'credentials', message: 'Cannot be opened' };
const reset: Reason = { code: 'connection_lost', step: 'live', message: 'The connection broke' };

const proven = { accepted: true, refusals: 0, unanswered: 0 };
const unproven = { accepted: false, refusals: 0, unanswered: 0 };

const eventTypes = [
  'connect',
  'stop',
  'targetChanged',
  'socketOpened',
  'loginAccepted',
  'provedStable',
  'retryDue',
  'credentialsUnreadable',
  'loginRefused',
  'connectionLost',
] as const satisfies SessionEvent['type'][];

// The compiler refuses this list when an event is added to the machine and missing here.
type Forgotten = Exclude<SessionEvent['type'], (typeof eventTypes)[number]>;
const forgotten: Forgotten[] = [];

function anEvent(type: SessionEvent['type'], reason: Reason = reset): SessionEvent {
  switch (type) {
    case 'credentialsUnreadable':
    case 'loginRefused':
    case 'connectionLost':
      return { type, reason };
    default:
      return { type };
  }
}

function aState(changes: Partial<SessionState>): SessionState {
  return { ...initialState, ...changes };
}

/** Plays events from a state, and gives where that led and all effects on the way. */
function play(from: SessionState, ...events: SessionEvent[]): { state: SessionState; effects: SessionEffect[] } {
  let state = from;
  const effects: SessionEffect[] = [];
  for (const event of events) {
    const next = step(state, event);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

const lose = (reason: Reason = reset): SessionEvent => ({ type: 'connectionLost', reason });
const refuse: SessionEvent = { type: 'loginRefused', reason: badLogin };
const connect: SessionEvent = { type: 'connect' };
const opened: SessionEvent = { type: 'socketOpened' };
const accepted: SessionEvent = { type: 'loginAccepted' };
const due: SessionEvent = { type: 'retryDue' };
const stop: SessionEvent = { type: 'stop' };

describe('the session machine', () => {
  describe('the table of states', () => {
    it('STATUS-02: leaves disconnected on connect, and dials', () => {
      const { state, effects } = step(initialState, connect);
      expect(state).toMatchObject({ name: 'connecting', reason: null, attempt: 0 });
      expect(effects).toEqual(['endAttempt', 'dial']);
    });

    it('goes from connecting to authenticating when the socket opens, and sends the login', () => {
      const { state, effects } = step(aState({ name: 'connecting', reason: reset, attempt: 2 }), opened);
      expect(state).toMatchObject({ name: 'authenticating', reason: reset, attempt: 2 });
      expect(effects).toEqual(['sendLogin']);
    });

    it('goes from connecting to reconnecting when the dial fails, and waits', () => {
      const { state, effects } = step(aState({ name: 'connecting' }), lose(refusedTcp));
      expect(state).toMatchObject({ name: 'reconnecting', reason: refusedTcp, attempt: 1 });
      expect(effects).toEqual(['endAttempt', 'retryWithBackoff']);
    });

    it('goes from connecting to auth_failed when the password cannot be opened, and waits for somebody to act', () => {
      const { state, effects } = step(aState({ name: 'connecting' }), {
        type: 'credentialsUnreadable',
        reason: sealed,
      });
      expect(state).toMatchObject({ name: 'auth_failed', reason: sealed, attempt: 1 });
      expect(effects).toEqual(['endAttempt']);
    });

    it('goes from authenticating to connected when the login is accepted, subscribes and watches', () => {
      const { state, effects } = step(aState({ name: 'authenticating', reason: reset, attempt: 3 }), accepted);
      expect(state).toEqual({ name: 'connected', reason: null, attempt: 3, credentials: proven });
      expect(effects).toEqual(['subscribe', 'watchLiveness']);
    });

    it('does not retry as a network failure when the gateway refuses the login', () => {
      const { state, effects } = step(aState({ name: 'authenticating' }), refuse);
      expect(state).toMatchObject({ name: 'auth_failed', reason: badLogin, attempt: 1 });
      expect(effects).toEqual(['endAttempt', 'retryMuchLater']);
    });

    it('goes from authenticating to reconnecting when the login is not answered, and waits', () => {
      const { state, effects } = step(aState({ name: 'authenticating' }), lose(noAnswer));
      expect(state).toMatchObject({ name: 'reconnecting', reason: noAnswer, attempt: 1 });
      expect(effects).toEqual(['endAttempt', 'retryWithBackoff']);
    });

    it('LIFECYCLE-05: goes from connected to reconnecting on any loss, and waits', () => {
      const { state, effects } = step(aState({ name: 'connected', credentials: proven }), lose());
      expect(state).toMatchObject({ name: 'reconnecting', reason: reset, attempt: 1 });
      expect(effects).toEqual(['endAttempt', 'retryWithBackoff']);
    });

    it('leaves reconnecting for connecting when the wait is over, and keeps the reason until it is connected', () => {
      const { state, effects } = step(aState({ name: 'reconnecting', reason: reset, attempt: 4 }), due);
      expect(state).toMatchObject({ name: 'connecting', reason: reset, attempt: 4 });
      expect(effects).toEqual(['dialAgain']);
    });

    it('leaves reconnecting for connecting at once when the operator says connect', () => {
      const { state, effects } = step(aState({ name: 'reconnecting', reason: reset, attempt: 9 }), connect);
      expect(state).toMatchObject({ name: 'connecting', reason: reset, attempt: 9 });
      expect(effects).toEqual(['endAttempt', 'dial']); // Ending the attempt calls off the timer of the back-off.
    });

    it('leaves auth_failed when the operator says connect, and when the slow retry is due', () => {
      const failed = aState({ name: 'auth_failed', reason: badLogin, attempt: 1 });
      expect(step(failed, connect)).toMatchObject({ state: { name: 'connecting' }, effects: ['endAttempt', 'dial'] });
      expect(step(failed, due)).toMatchObject({ state: { name: 'connecting' }, effects: ['dialAgain'] });
    });

    it.each(CONNECTION_STATES.filter((name) => name !== 'disconnected'))(
      'LIFECYCLE-02: dials anew with a clean record when URL or credentials change while %s',
      (name) => {
        const spoilt = { accepted: true, refusals: 2, unanswered: 4 };
        const { state, effects } = step(aState({ name, reason: reset, attempt: 7, credentials: spoilt }), {
          type: 'targetChanged',
        });
        expect(state).toEqual({ name: 'connecting', reason: null, attempt: 0, credentials: unproven });
        expect(effects).toEqual(['endAttempt', 'dial']);
      },
    );

    it('stays disconnected when URL or credentials change, but forgets what the old ones met', () => {
      const { state, effects } = step(aState({ credentials: { accepted: true, refusals: 3, unanswered: 5 } }), {
        type: 'targetChanged',
      });
      expect(state).toEqual(initialState);
      expect(effects).toEqual([]);
    });

    it.each(CONNECTION_STATES)('STATUS-03: stops for good while %s', (name) => {
      const { state, effects } = step(aState({ name, reason: reset, attempt: 3 }), stop);
      expect(state).toMatchObject({ name: 'disconnected', reason: null, attempt: 0 });
      expect(effects).toEqual(['endAttempt']);
    });
  });

  describe('who goes first', () => {
    it('lets a session that was well until just now dial before repeated failures', () => {
      const { effects } = play(aState({ name: 'connected', credentials: proven }), lose(), due);
      expect(effects.at(-1)).toBe('dial');
    });

    it('lets a gateway that drops every time wait its turn', () => {
      const { effects } = play(aState({ name: 'connected', attempt: 1, credentials: proven }), lose(), due);
      expect(effects.at(-1)).toBe('dialAgain');
    });

    it('lets a gateway that was never reached wait its turn after its first try', () => {
      const { effects } = play(initialState, connect, lose(refusedTcp), due);
      expect(effects.at(-1)).toBe('dialAgain');
    });
  });

  describe('the tally of failures', () => {
    it('counts failures in a row, whatever they are', () => {
      const { state } = play(initialState, connect, lose(refusedTcp), due, opened, lose(noAnswer), due, lose());
      expect(state.attempt).toBe(3);
    });

    it('does not begin anew at a login, so that a gateway that accepts and drops at once keeps backing off', () => {
      const { state } = play(initialState, connect, opened, accepted, lose(), due, opened, accepted);
      expect(state).toMatchObject({ name: 'connected', attempt: 1 });
      expect(step(state, lose()).state.attempt).toBe(2);
    });

    it('begins anew when the session has proved stable', () => {
      const flaky = aState({ name: 'connected', attempt: 6, credentials: proven });
      const { state, effects } = step(flaky, { type: 'provedStable' });
      expect(state).toEqual({ ...flaky, attempt: 0 });
      expect(effects).toEqual([]);
    });

    it('begins anew when the operator disconnects', () => {
      const { state } = play(initialState, connect, lose(), due, lose(), stop, connect);
      expect(state.attempt).toBe(0);
    });
  });

  describe('refused credentials', () => {
    const tries = (count: number) => Array.from({ length: count }, () => [due, opened, refuse]).flat();

    it('are tried twice more, much later, and then no more', () => {
      const first = play(initialState, connect, opened, refuse);
      expect(first.effects.slice(-2)).toEqual(['endAttempt', 'retryMuchLater']);
      const second = play(first.state, ...tries(1));
      expect(second.effects.slice(-2)).toEqual(['endAttempt', 'retryMuchLater']);
      const third = play(second.state, ...tries(1));
      expect(third.effects.slice(-2)).toEqual(['sendLogin', 'endAttempt']);
      expect(third.state).toMatchObject({ name: 'auth_failed', attempt: 3 });
    });

    it('get one try from connect, and silence again when that is refused', () => {
      const silent = play(initialState, connect, opened, refuse, ...tries(2)).state;
      const { state, effects } = play(silent, connect, opened, refuse);
      expect(state.name).toBe('auth_failed');
      expect(effects).toEqual(['endAttempt', 'dial', 'sendLogin', 'endAttempt']);
    });

    it('are not forgotten by disconnecting and connecting', () => {
      const silent = play(initialState, connect, opened, refuse, ...tries(2)).state;
      const { effects } = play(silent, stop, connect, opened, refuse);
      expect(effects).not.toContain('retryMuchLater');
    });

    it('do not hide a network failure between the tries, which is retried as one', () => {
      const { state, effects } = play(initialState, connect, opened, refuse, due, lose(refusedTcp));
      expect(state).toMatchObject({ name: 'reconnecting', reason: refusedTcp, attempt: 2 });
      expect(effects.at(-1)).toBe('retryWithBackoff');
    });

    it('begin a new record when they are accepted after all', () => {
      const { state, effects } = play(initialState, connect, opened, refuse, ...tries(1), due, opened, accepted);
      expect(state.credentials).toEqual(proven);
      effects.length = 0;
      expect(play(state, lose(), due, opened, refuse).effects.at(-1)).toBe('retryMuchLater');
    });

    it('begin a new record when they change', () => {
      const silent = play(initialState, connect, opened, refuse, ...tries(2)).state;
      const { effects } = play(silent, { type: 'targetChanged' }, opened, refuse);
      expect(effects.at(-1)).toBe('retryMuchLater');
    });
  });

  describe('logins that are not answered', () => {
    const unanswered = [due, opened, lose(noAnswer)];
    const fourTimes = [connect, opened, lose(noAnswer), ...unanswered, ...unanswered, ...unanswered];

    it('are tried slowly from the fifth in a row on, when the credentials were never accepted', () => {
      const four = play(initialState, ...fourTimes);
      expect(four.effects).not.toContain('retryMuchLater');
      const five = play(four.state, ...unanswered);
      expect(five.effects.at(-1)).toBe('retryMuchLater');
      expect(five.state).toMatchObject({ name: 'reconnecting', attempt: 5 });
      expect(play(five.state, ...unanswered).effects.at(-1)).toBe('retryMuchLater');
    });

    it('are a network failure for ever when the credentials were accepted once', () => {
      const { effects } = play(aState({ name: 'connected', credentials: proven }), lose(), ...fourTimes, ...fourTimes);
      expect(effects).not.toContain('retryMuchLater');
    });

    it('are not counted before the login was sent', () => {
      const notReached = Array.from({ length: 20 }, () => [due, lose(refusedTcp)]).flat();
      const { state, effects } = play(initialState, connect, lose(refusedTcp), ...notReached);
      expect(state).toMatchObject({ attempt: 21, credentials: unproven });
      expect(effects).not.toContain('retryMuchLater');
    });

    it('are dialled at once all the same when the operator says connect', () => {
      const cautious = play(initialState, ...fourTimes, ...unanswered).state;
      expect(step(cautious, connect)).toMatchObject({ state: { name: 'connecting' }, effects: ['endAttempt', 'dial'] });
    });
  });

  describe('stray news', () => {
    const heardBy: Record<SessionEvent['type'], readonly SessionState['name'][]> = {
      connect: ['disconnected', 'reconnecting', 'auth_failed'],
      stop: CONNECTION_STATES,
      targetChanged: CONNECTION_STATES,
      socketOpened: ['connecting'],
      loginAccepted: ['authenticating'],
      provedStable: ['connected'],
      retryDue: ['reconnecting', 'auth_failed'],
      credentialsUnreadable: ['connecting'],
      loginRefused: ['authenticating'],
      connectionLost: ['connecting', 'authenticating', 'connected'],
    };
    const strays = eventTypes.flatMap((type) =>
      CONNECTION_STATES.filter((name) => !heardBy[type].includes(name)).map((name) => [type, name] as const),
    );

    it.each(strays)('%s changes nothing while %s', (type, name) => {
      const state = aState({ name, reason: reset, attempt: 2, credentials: proven });
      expect(step(state, anEvent(type))).toEqual({ state, effects: [] });
    });
  });

  describe('everything that can be reached from the start', () => {
    // Tallies without a bound are cut where the machine has stopped telling values apart.
    const keyOf = ({ name, reason, attempt, credentials }: SessionState) =>
      JSON.stringify([name, reason?.code, Math.min(attempt, 2), credentials]);
    const bounded = ({ credentials: { refusals, unanswered } }: SessionState) => refusals < 5 && unanswered < 7;

    const moves: { from: SessionState; event: SessionEvent; to: SessionState; effects: readonly SessionEffect[] }[] =
      [];
    const seen = new Set<string>();
    const frontier = [initialState];
    for (let from = frontier.pop(); from; from = frontier.pop()) {
      if (seen.has(keyOf(from)) || !bounded(from)) continue;
      seen.add(keyOf(from));
      for (const event of eventTypes.map((type) => anEvent(type))) {
        const { state, effects } = step(from, event);
        moves.push({ from, event, to: state, effects });
        frontier.push(state);
      }
    }

    it('is more than a handful, in every state, by every event', () => {
      expect(seen.size).toBeGreaterThan(100);
      expect(new Set(moves.map(({ from }) => from.name))).toEqual(new Set(CONNECTION_STATES));
      expect(new Set(moves.map(({ event }) => event.type))).toEqual(new Set(eventTypes));
      expect(forgotten).toEqual([]);
    });

    it('opens a socket exactly when it enters connecting', () => {
      for (const { from, event, to, effects } of moves) {
        const dials = effects.filter((effect) => effect === 'dial' || effect === 'dialAgain').length;
        const enters = to.name === 'connecting' && (from.name !== 'connecting' || event.type === 'targetChanged');
        expect({ from, event, dials }).toEqual({ from, event, dials: enters ? 1 : 0 });
      }
    });

    it('never has two sockets: it ends what may be open before it dials', () => {
      for (const { from, event, effects } of moves) {
        const mayBeOpen = ['connecting', 'authenticating', 'connected'].includes(from.name);
        const dials = effects.some((effect) => effect === 'dial' || effect === 'dialAgain');
        if (mayBeOpen && dials) expect({ from, event, first: effects[0] }).toMatchObject({ first: 'endAttempt' });
      }
    });

    it('leaves no socket behind: from every state with one to every state without one it ends the attempt', () => {
      for (const { from, event, to, effects } of moves) {
        const hadOne = ['connecting', 'authenticating', 'connected'].includes(from.name);
        const hasOne = ['connecting', 'authenticating', 'connected'].includes(to.name);
        if (hadOne && !hasOne) expect({ from, event, effects: effects[0] }).toMatchObject({ effects: 'endAttempt' });
      }
    });

    it('has a way out of every wait: reconnecting always has a timer, and nothing else but auth_failed has one', () => {
      for (const { from, event, to, effects } of moves) {
        const timers = effects.filter((effect) => effect.startsWith('retry')).length;
        expect(timers).toBeLessThanOrEqual(1);
        if (to.name === 'reconnecting' && from.name !== 'reconnecting')
          expect({ event, timers }).toMatchObject({ timers: 1 });
        if (timers > 0) expect(['reconnecting', 'auth_failed']).toContain(to.name);
      }
    });

    it('has a reason whenever something went wrong, and none when it is well or as the operator wants it', () => {
      for (const { from, event, to } of moves) {
        const { name, reason } = to;
        if (name === 'connected' || name === 'disconnected')
          expect({ from, event, reason }).toMatchObject({ reason: null });
        if (name === 'reconnecting' || name === 'auth_failed')
          expect({ from, event, reason }).not.toMatchObject({ reason: null });
        // In between, it is the last failure of those that are counted.
        else
          expect({ from, event, has: reason !== null }).toEqual({
            from,
            event,
            has: to.attempt > 0 && name !== 'connected',
          });
      }
    });

    it('always ends in disconnected when told to stop, and moves no more until told to connect', () => {
      for (const { from, event, to, effects } of moves) {
        if (event.type === 'stop')
          expect({ to: to.name, effects }).toEqual({ to: 'disconnected', effects: ['endAttempt'] });
        if (from.name === 'disconnected' && event.type !== 'connect') expect(to.name).toBe('disconnected');
      }
    });

    it('sends a login only to a socket that is open, and subscribes only when it was accepted', () => {
      for (const { event, to, effects } of moves) {
        if (effects.includes('sendLogin')) expect([event.type, to.name]).toEqual(['socketOpened', 'authenticating']);
        if (effects.includes('subscribe')) expect([event.type, to.name]).toEqual(['loginAccepted', 'connected']);
      }
    });

    it('waits for somebody to act after the third refusal, and after every one from then on', () => {
      for (const { event, to, effects } of moves) {
        if (event.type !== 'loginRefused' || to.credentials.refusals < 3) continue;
        expect(effects.filter((effect) => effect.startsWith('retry'))).toEqual([]);
      }
    });
  });
});
