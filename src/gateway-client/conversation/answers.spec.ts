import { LOGIN_UNANSWERED } from '../failure/reasons';
import type { InboundFrame } from '../protocol/frames';
import { readLoginAnswer, readSubscribeRefusal } from './answers';
import type { CommandOutcome } from './command';
import { matchReply } from './reply-matching';

const forPeople = (text: string) => `<${text}>`;
const sessionLost: CommandOutcome = { type: 'dropped', code: 'session_lost' };

/** The answer that a frame gives to the login; null if it is about something else. */
function readLogin(frame: InboundFrame) {
  const outcome = matchReply({ type: 'POST_LOGIN' }, frame, false);
  return outcome && readLoginAnswer(outcome, forPeople);
}

/** The refusal in a frame that arrives while the subscription is in flight. */
function readSubscription(frame: InboundFrame) {
  const outcome = matchReply({ type: 'POST_SUB_CHANGES' }, frame, false);
  return outcome && readSubscribeRefusal(outcome, forPeople);
}

const anError = (Attempt: unknown, Error = 'no') => ({ type: 'RTN_ERR', data: { Attempt, Error } });
const anAnswer = (data?: unknown) => ({ type: 'RTN_LOGIN', data });

describe('readLoginAnswer', () => {
  it.each([true, 1, '1', 'true', ' TRUE '])('reads Success %j as accepted', (Success) => {
    expect(readLogin(anAnswer({ Success }))).toEqual({ type: 'accepted' });
  });

  it.each([{ Success: false }, { Success: 0 }, { Success: null }])('reads an answer with %j as a refusal', (data) => {
    expect(readLogin(anAnswer(data))).toEqual({
      type: 'refused',
      reason: { step: 'login', code: 'login_refused', message: 'The gateway refused the login' },
    });
  });

  it.each([
    [undefined, 'It has no keys'],
    [null, 'It has no keys'],
    [[], 'It has no keys'],
    [Object.fromEntries('abcdefghijk'.split('').map((key) => [key, 1])), 'Its keys: a, b, c, d, e, f, g, h, i, j'],
    [{ Success: 2 }, 'Its keys: Success'],
    [{ success: true, Email: 'ops@example.org' }, 'Its keys: success, Email'],
    [{ ['k'.repeat(50)]: 1 }, `Its keys: ${'k'.repeat(40)}`],
  ])('reads the unrecognised answer %j as a refusal, and shows its keys but not its values', (data, found) => {
    const message = `<The gateway answered the login without a recognised Success, which counts as a refusal. ${found}>`;
    expect(readLogin(anAnswer(data))).toEqual({
      type: 'refused',
      reason: { step: 'login', code: 'login_refused', message },
    });
  });

  it.each(['POST_LOGIN', ' post_login '])('reads an error that names the login as a refusal: %j', (attempt) => {
    expect(readLogin(anError(attempt))).toEqual({
      type: 'refused',
      reason: { step: 'login', code: 'login_refused', message: 'The gateway refused the login: <no>' },
    });
  });

  it.each([null, undefined, '', 7, 'GET_DYN'])(
    'reads an error about %j as a failure, not as a refusal of the credentials',
    (attempt) => {
      expect(readLogin(anError(attempt))).toEqual({
        type: 'failed',
        reason: { step: 'login', code: 'login_refused', message: 'The gateway refused the login: <no>' },
      });
    },
  );

  it.each(['RTN_DYN', 'NOT_DYN_TEMP', 'LOGIN'])('ignores %s', (type) => {
    expect(readLogin({ type, data: { Success: true } })).toBeNull();
  });

  it('reads a timeout as a failure', () => {
    expect(readLoginAnswer({ type: 'unanswered' }, forPeople)).toEqual({ type: 'failed', reason: LOGIN_UNANSWERED });
  });

  it('returns no answer when the session ends first', () => {
    expect(readLoginAnswer(sessionLost, forPeople)).toBeNull();
  });
});

describe('readSubscribeRefusal', () => {
  it.each(['POST_SUB_CHANGES', null, 'SOMETHING'])('reads an error about %j as a refusal', (attempt) => {
    expect(readSubscription(anError(attempt, 'busy'))).toEqual({
      step: 'subscribe',
      code: 'subscribe_refused',
      message: 'The gateway refused the subscription: <busy>',
    });
  });

  it.each(['POST_LOGIN', 'get_dyn_connected'])('ignores an error about %s', (attempt) => {
    expect(readSubscription(anError(attempt))).toBeNull();
  });

  it('ignores other frames, a timeout and a lost session', () => {
    expect(readSubscription(anAnswer({ Success: false }))).toBeNull();
    expect(readSubscribeRefusal({ type: 'unanswered' }, forPeople)).toBeNull();
    expect(readSubscribeRefusal(sessionLost, forPeople)).toBeNull();
  });
});
