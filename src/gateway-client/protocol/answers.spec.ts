import { readLoginAnswer, readSubscribeAnswer } from './answers';

const forPeople = (text: string) => `<${text}>`;
const anError = (Attempt: unknown, Error = 'no') => ({ type: 'RTN_ERR', data: { Attempt, Error } });
const anAnswer = (data?: unknown) => ({ type: 'RTN_LOGIN', data });

describe('readLoginAnswer', () => {
  it.each([true, 1, '1', 'true', ' TRUE '])('is accepted by a success of %j', (Success) => {
    expect(readLoginAnswer(anAnswer({ Success }), forPeople)).toEqual({ type: 'accepted' });
  });

  it.each([{ Success: false }, { Success: 0 }, { Success: null }])('is refused by an answer with %j', (data) => {
    expect(readLoginAnswer(anAnswer(data), forPeople)).toEqual({
      type: 'refused',
      reason: { step: 'login', code: 'login_refused', message: 'The gateway refused the login' },
    });
  });

  it.each([
    [undefined, 'It has no keys'],
    [[], 'It has no keys'],
    [{ Success: 2 }, 'Its keys: Success'],
    [{ success: true, Email: 'ops@example.org' }, 'Its keys: success, Email'],
    [{ ['k'.repeat(50)]: 1 }, `Its keys: ${'k'.repeat(40)}`],
  ])('is refused by %j, which nobody knows, and says so without its values', (data, found) => {
    const message = `<The gateway answered the login without a Success that is known, which counts as a refusal. ${found}>`;
    expect(readLoginAnswer(anAnswer(data), forPeople)).toEqual({
      type: 'refused',
      reason: { step: 'login', code: 'login_refused', message },
    });
  });

  it.each(['POST_LOGIN', ' post_login '])('is refused by an error that names the login: %j', (attempt) => {
    expect(readLoginAnswer(anError(attempt), forPeople)).toEqual({
      type: 'refused',
      reason: { step: 'login', code: 'login_refused', message: 'The gateway refused the login: <no>' },
    });
  });

  it.each([null, undefined, '', 7, 'GET_DYN'])(
    'fails, and the credentials are not to blame, by an error about %j',
    (attempt) => {
      expect(readLoginAnswer(anError(attempt), forPeople)).toEqual({
        type: 'failed',
        reason: { step: 'login', code: 'login_refused', message: 'The gateway refused the login: <no>' },
      });
    },
  );

  it.each(['RTN_DYN', 'NOT_DYN_TEMP', 'LOGIN'])('is not answered by %s', (type) => {
    expect(readLoginAnswer({ type, data: { Success: true } }, forPeople)).toBeNull();
  });
});

describe('readSubscribeAnswer', () => {
  it.each(['POST_SUB_CHANGES', null, 'SOMETHING'])('fails by an error about %j', (attempt) => {
    expect(readSubscribeAnswer(anError(attempt, 'busy'), forPeople)).toEqual({
      type: 'failed',
      reason: { step: 'subscribe', code: 'subscribe_refused', message: 'The gateway refused the subscription: <busy>' },
    });
  });

  it.each(['POST_LOGIN', 'get_dyn_connected'])('does not fail by a word about something else: %s', (attempt) => {
    expect(readSubscribeAnswer(anError(attempt), forPeople)).toBeNull();
  });

  it('is answered by no other frame', () => {
    expect(readSubscribeAnswer(anAnswer({ Success: false }), forPeople)).toBeNull();
  });
});
