import { login, probe, readError, readLogin, subscribe, unsubscribe } from './frames';

describe('an outgoing frame', () => {
  it.each([
    [login('ops@example.org', 'pw'), 'POST_LOGIN', { Email: 'ops@example.org', Password: 'pw' }],
    [subscribe, 'POST_SUB_CHANGES', {}],
    [unsubscribe, 'POST_UNSUB_CHANGES', {}],
    [probe, 'GET_DYN_CONNECTED', {}],
  ])('has exactly Type, From, To and Data: %j', (frame, Type, Data) => {
    expect(frame).toEqual({ Type, From: 'UI', To: 'SERV', Data });
  });
});

describe('readLogin', () => {
  it.each([
    ['accepted', [true, 1, '1', 'true', ' TRUE ']],
    ['refused', [false, 0, '0', 'false', null, ' False ']],
    ['unknown', [2, '', 'yes', {}, []]],
  ])('returns %s for each Success in %j', (verdict, values) => {
    expect(values.map((Success) => readLogin({ Success }))).toEqual(values.map(() => verdict));
  });
});

describe('readError', () => {
  it.each([
    [{ Attempt: ' get_dyn ', Error: 'busy', Message: 'other' }, 'GET_DYN', 'busy'],
    [{ Attempt: 'X', Message: 'busy' }, 'X', 'busy'],
    [{ Attempt: 'X', Error: null, Message: 'busy' }, 'X', 'busy'],
    [{ Attempt: 'X' }, 'X', 'no explanation'],
    [{ Attempt: ' ', Error: '' }, null, ''],
    [{ Attempt: 7, Error: 7 }, null, '7'],
    [{ Error: ['busy', { now: true }] }, null, '["busy",{"now":true}]'],
    ['busy', null, 'busy'],
    [7, null, 'no explanation'],
    [undefined, null, 'no explanation'],
  ])('reads %j', (data, attempt, text) => {
    expect(readError(data)).toEqual({ attempt, text });
  });
});
