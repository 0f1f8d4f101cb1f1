import { ACCOUNT_SPENT } from '../../gateway-client/failure/reasons';
import { initialState, step } from './session.machine';
import {
  accepted,
  anEvent,
  aState,
  badLogin,
  changed,
  connect,
  due,
  know,
  later,
  lose,
  neverAnswered,
  noAnswer,
  now,
  opened,
  order,
  play,
  proven,
  recorded,
  refuse,
  refusedOnce,
  refusedTcp,
  reset,
  sealed,
  spent,
  stop,
  unproven,
} from './session.machine.harness';

const login = [opened, recorded];
const tries = (count: number) => Array.from({ length: count }, () => [due, ...login, refuse]).flat();

describe('a login that was never accepted, or was refused since', () => {
  it.each([unproven, refusedOnce, { ...refusedOnce, accepted: true }])('is recorded before it is sent: %j', (met) => {
    const dialling = aState({ name: 'connecting', standing: met });
    expect(step(dialling, opened)).toEqual({ state: dialling, effects: ['recordLogin'] });
    const { state, effects } = step(dialling, recorded);
    expect(state).toMatchObject({ name: 'authenticating', standing: { refusals: met.refusals + 1 } });
    expect(effects).toEqual(['sendLogin']);
  });

  it('is not sent while it cannot be recorded, and the gateway is dialled again', () => {
    const dialling = aState({ name: 'connecting', reason: refusedTcp, attempt: 2, standing: unproven });
    expect(step(dialling, anEvent('loginUnrecordable'))).toEqual({
      state: dialling,
      effects: ['endAttempt', 'dialAgain'],
    });
  });

  it('is not sent when no try is left, and waits for an operator', () => {
    const dialling = aState({ name: 'connecting', attempt: 2, standing: refusedOnce });
    const { state, effects } = step(dialling, anEvent('loginBarred'));
    expect(state).toMatchObject({ name: 'auth_failed', attempt: 2, reason: { code: 'login_refused', step: 'login' } });
    expect(state.reason?.message).toMatch(/refused this login before; it is not tried again/);
    expect(effects).toEqual(['endAttempt']);
  });

  it('is not sent when the account budget is spent, and waits until it is free, with its own record unchanged', () => {
    const dialling = aState({ name: 'connecting', attempt: 2, standing: refusedOnce });
    const { state, effects } = step(dialling, anEvent('accountSpent'));
    expect(state).toEqual({ ...dialling, name: 'auth_failed', reason: ACCOUNT_SPENT });
    expect(effects).toEqual(['endAttempt', 'retryWhenAccountIsFree']);
  });

  it('is stored as accepted, and then need not be recorded again', () => {
    const { state, last } = play(initialState, connect, ...login, accepted);
    expect(last).toEqual(['noteAccepted', 'subscribe', 'watchLiveness']);
    expect(state.standing).toEqual(proven);
    expect(play(state, lose(), due, opened).last).toEqual(['sendLogin']);
  });

  it('is not counted as a refusal when it is not answered', () => {
    const { state, last } = play(initialState, connect, ...login, lose(noAnswer));
    expect(state).toMatchObject({ name: 'reconnecting', standing: { refusals: 0, unanswered: 1 } });
    expect(last).toEqual(['noteUnanswered', 'endAttempt', 'retryWithBackoff']);
  });

  it('is not counted as unanswered when the connection is lost before it is sent', () => {
    const { state, last } = play(initialState, connect, opened, lose());
    expect(state.standing).toEqual(unproven);
    expect(last).toEqual(['endAttempt', 'retryWithBackoff']);
  });

  it('stays counted when the session stops before the answer, which might have been a refusal', () => {
    expect(play(initialState, connect, ...login, stop).state.standing).toEqual({ ...unproven, refusals: 1 });
  });
});

describe('refused credentials', () => {
  it('are retried twice, minutes apart, and then not again', () => {
    const first = play(initialState, connect, ...login, refuse);
    expect(first.last).toEqual(['noteRecordedRefusal', 'endAttempt', 'retryWhenPermitted']);
    const second = play(first.state, ...tries(1));
    expect(second.last).toEqual(['noteRecordedRefusal', 'endAttempt', 'retryWhenPermitted']);
    const third = play(second.state, ...tries(1));
    expect(third.last).toEqual(['noteRecordedRefusal', 'endAttempt']);
    expect(third.state).toMatchObject({ name: 'auth_failed', attempt: 3, standing: { refusals: 3 } });
  });

  it('are stored with an added refusal when they were sent without being recorded', () => {
    const first = play(aState({ standing: proven }), connect, opened, refuse);
    expect(first.last).toEqual(['noteUnrecordedRefusal', 'endAttempt', 'retryWhenPermitted']);
    expect(first.state.standing).toEqual({ ...proven, refusals: 1, nextLoginAt: later });
    expect(play(first.state, ...tries(1)).last).toEqual(['noteRecordedRefusal', 'endAttempt', 'retryWhenPermitted']);
    expect(play(first.state, ...tries(2)).last).toEqual(['noteRecordedRefusal', 'endAttempt']);
  });

  it('get one try from an order, and no retry when that is refused', () => {
    const silent = play(initialState, connect, ...login, refuse, ...tries(2)).state;
    const { state, effects } = play(silent, order, ...login, refuse);
    expect(state.name).toBe('auth_failed');
    expect(effects).toEqual(['endAttempt', 'dial', 'recordLogin', 'sendLogin', 'noteRecordedRefusal', 'endAttempt']);
  });

  it('get no extra try from an order while tries are left', () => {
    const ordered = play(initialState, connect, ...login, refuse, order);
    expect(ordered.state.standing).toEqual({ ...refusedOnce, nextLoginAt: now });
    expect(play(ordered.state, ...login, refuse, ...tries(1)).last).toEqual(['noteRecordedRefusal', 'endAttempt']);
  });

  it('get no extra try from an order while a try is in progress', () => {
    const dialling = play(initialState, connect, ...login, refuse, ...tries(1), due).state;
    const { state } = play(dialling, order, ...login, order, refuse);
    expect(state).toMatchObject({ name: 'auth_failed', standing: { refusals: 3 } });
  });

  it('are not forgotten by disconnecting and connecting', () => {
    const silent = play(initialState, connect, ...login, refuse, ...tries(2)).state;
    const { state, last } = play(silent, stop, connect);
    expect(state).toMatchObject({ name: 'auth_failed', reason: { code: 'login_refused' } });
    expect(last).toEqual(['endAttempt']);
  });

  it('wait for their next try even after disconnecting and connecting', () => {
    const { state, last } = play(initialState, connect, ...login, refuse, stop, connect);
    expect(state).toMatchObject({ name: 'auth_failed', standing: refusedOnce });
    expect(last).toEqual(['endAttempt', 'retryWhenPermitted']);
  });

  it('do not affect a network failure between the tries, which is retried with back-off', () => {
    const { state, last } = play(initialState, connect, ...login, refuse, due, lose(refusedTcp));
    expect(state).toMatchObject({ name: 'reconnecting', reason: refusedTcp, attempt: 2 });
    expect(last).toEqual(['endAttempt', 'retryWithBackoff']);
  });

  it('begin a new record when they are accepted after all', () => {
    const { state } = play(initialState, connect, ...login, refuse, ...tries(1), due, ...login, accepted);
    expect(state.standing).toEqual(proven);
    expect(play(state, lose(), due, opened, refuse).last).toContain('retryWhenPermitted');
  });

  it('begin a new record when they change', () => {
    const silent = play(initialState, connect, ...login, refuse, ...tries(2)).state;
    expect(play(silent, changed, ...login, refuse).last).toContain('retryWhenPermitted');
  });
});

describe('logins that are not answered', () => {
  const unanswered = [due, ...login, lose(noAnswer)];
  const fourTimes = [connect, ...login, lose(noAnswer), ...unanswered, ...unanswered, ...unanswered];

  it('are retried slowly from the fifth in a row on, if the credentials were never accepted', () => {
    const four = play(initialState, ...fourTimes);
    expect(four.effects).not.toContain('retryMuchLater');
    const five = play(four.state, ...unanswered);
    expect(five.last).toEqual(['noteUnanswered', 'endAttempt', 'retryMuchLater']);
    expect(five.state).toMatchObject({ name: 'reconnecting', attempt: 5 });
    expect(play(five.state, ...unanswered).last).toContain('retryMuchLater');
  });

  it('are always treated as a network failure once the credentials were accepted', () => {
    const { effects } = play(aState({ name: 'connected', standing: proven }), lose(), ...fourTimes, ...fourTimes);
    expect(effects).not.toContain('retryMuchLater');
    expect(effects).not.toContain('noteUnanswered');
  });

  it('are counted only if the login was sent', () => {
    const notReached = Array.from({ length: 20 }, () => [due, lose(refusedTcp)]).flat();
    const { state, effects } = play(initialState, connect, lose(refusedTcp), ...notReached);
    expect(state).toMatchObject({ attempt: 21, standing: unproven });
    expect(effects).not.toContain('retryMuchLater');
  });

  it('are retried at once when an operator orders it', () => {
    const cautious = play(initialState, ...fourTimes, ...unanswered).state;
    expect(step(cautious, order)).toMatchObject({ state: { name: 'connecting' }, effects: ['endAttempt', 'dial'] });
  });
});

describe('the stored record of the credentials', () => {
  it('is kept for later while the gateway is disconnected', () => {
    expect(step(initialState, know(spent))).toEqual({ state: aState({ standing: spent }), effects: [] });
  });

  it('does not disturb a connected session', () => {
    const state = aState({ name: 'connected', standing: proven });
    expect(step(state, know(spent))).toEqual({ state: { ...state, standing: spent }, effects: [] });
  });

  it('keeps a refusal from elsewhere while the session authenticates, and is cleared when the login is accepted', () => {
    const state = aState({ name: 'authenticating', standing: proven });
    const { state: next, effects } = step(state, know(spent));
    expect(effects).toEqual([]);
    expect(next).toEqual({ ...state, standing: { ...proven, nextLoginAt: spent.nextLoginAt } });
    expect(step(next, { type: 'loginAccepted' }).effects).toContain('noteAccepted');
  });

  it.each(['connecting', 'reconnecting'] as const)('ends the attempt or wait while %s when no try is left', (name) => {
    const { state, effects } = step(aState({ name, reason: reset, attempt: 1 }), know(spent));
    expect(state).toMatchObject({ name: 'auth_failed', attempt: 1, standing: spent });
    expect(effects).toEqual(['endAttempt']);
  });

  it.each(['connecting', 'reconnecting'] as const)('makes the session wait for its next try while %s', (name) => {
    const { state, effects } = step(aState({ name, reason: reset, attempt: 1 }), know(refusedOnce));
    expect(state.name).toBe('auth_failed');
    expect(effects).toEqual(['endAttempt', 'retryWhenPermitted']);
  });

  it.each(['connecting', 'reconnecting'] as const)('does not change the wait while %s when a try is due', (name) => {
    const waiting = aState({ name, reason: reset, attempt: 1 });
    expect(step(waiting, know(proven)).effects).toEqual([]);
    expect(step(waiting, know(refusedOnce, later)).effects).toEqual([]);
  });

  it.each(['connecting', 'reconnecting'] as const)(
    'leads to slow retries while %s when the outcomes are unknown',
    (name) => {
      const { state, effects } = step(aState({ name, reason: reset, attempt: 1 }), know(neverAnswered));
      expect(state).toMatchObject({ name: 'reconnecting', reason: { code: 'login_timeout', step: 'login' } });
      expect(state.reason?.message).toMatch(/outcome of the last logins is unknown/);
      expect(effects).toEqual(['endAttempt', 'retryMuchLater']);
      const tried = play(state, due, ...login, lose(noAnswer));
      expect(tried.effects).toContain('sendLogin');
      expect(tried.state.name).toBe('reconnecting');
    },
  );

  it('starts a dial at once when an accepted test allows a failed login to be tried again', () => {
    const failed = aState({ name: 'auth_failed', reason: badLogin, attempt: 3, standing: spent });
    const { state, effects } = step(failed, know(proven));
    expect(state).toMatchObject({ name: 'connecting', standing: proven });
    expect(effects).toEqual(['endAttempt', 'dial']);
  });

  it('stops retries when a refused test has spent the last try', () => {
    const failed = aState({ name: 'auth_failed', reason: badLogin, attempt: 2, standing: refusedOnce });
    expect(step(failed, know(spent))).toMatchObject({ state: { name: 'auth_failed' }, effects: ['endAttempt'] });
  });

  it('does not cause a retry when the password cannot be decrypted', () => {
    const failed = aState({ name: 'auth_failed', reason: sealed, attempt: 1 });
    expect(step(failed, know(proven)).effects).toEqual([]);
  });
});
