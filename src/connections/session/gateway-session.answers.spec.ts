/** @jest-environment node */
import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import { Secret } from '../../crypto/secret';
import type { LoginRecord } from '../../gateways/connection-target';
import type { SocketEnd } from '../../gateway-client/transport/transport';
import {
  aDiallingSession,
  aLiveSession,
  accept,
  anError,
  broken,
  closedWith,
  refuse,
  settle,
} from './gateway-session.harness';

useFakeTimersInTests();

const neverTried: LoginRecord = { accepted: false, refusals: 0, nextLoginAt: null };

describe('the answer to the login', () => {
  async function answeredWith(frame: string) {
    const harness = await aDiallingSession();
    harness.socket.opens();
    harness.socket.says(frame);
    return harness;
  }

  it.each([
    ['RTN_LOGIN without success', refuse, 'The gateway refused the login'],
    [
      'RTN_LOGIN without data',
      '{"Type":"RTN_LOGIN"}',
      'The gateway answered the login without a recognised Success, which counts as a refusal. It has no keys',
    ],
    ['RTN_ERR that names the login', anError('post_login', 'nope'), 'The gateway refused the login: nope'],
  ])('is a refusal of the credentials: %s', async (_, frame, message) => {
    const { record, socket } = await answeredWith(frame);
    expect(record).toMatchObject({ state: 'auth_failed', reason: { code: 'login_refused', step: 'login', message } });
    expect(record.nextRetryAt).toBe(performance.now() + 300_000);
    expect(socket.isClosing).toBe(true);
  });

  it.each([
    ['names nothing', anError(null, "local variable 'x' referenced before assignment")],
    ['names another command', anError('GET_DYN')],
  ])('is a failure of the gateway that is retried soon when the error %s', async (_, frame) => {
    const { record } = await answeredWith(frame);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'login_refused', step: 'login' } });
    expect(record.nextRetryAt).toBeLessThanOrEqual(performance.now() + 1000);
  });

  it('never shows the password that a gateway quotes', async () => {
    const { record } = await answeredWith(anError('POST_LOGIN', 'wrong: ops@example.org / correct horse'));
    expect(record.reason?.message).toBe('The gateway refused the login: (the gateway quoted the login)');
  });

  it('ends the use of the password, which is decrypted again only to clean error texts', async () => {
    const open = jest.fn(() => 'correct horse');
    const { record, socket } = await aDiallingSession({}, { password: Secret.sealed(open) });
    socket.logsIn();
    open.mockClear();
    for (const frame of [accept, '{"Type":"NOT_DYN_TEMP","Data":{}}', 'no JSON']) socket.says(frame);
    expect(open).not.toHaveBeenCalled();

    socket.ends({ ...closedWith(1011), message: 'with code 1011: correct horse' });
    expect(open).toHaveBeenCalledTimes(1);
    expect(record.reason?.message).toBe('(the gateway quoted the login)');
  });

  it('counts once, whatever the gateway repeats', async () => {
    const { record, socket } = await answeredWith(accept);
    await jest.advanceTimersByTimeAsync(1500);
    for (const frame of [accept, accept, anError('POST_LOGIN')]) socket.says(frame);
    expect(record).toMatchObject({ state: 'connected', messagesReceived: 4 });
    expect(socket.types).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES', 'GET_DYN_CONNECTED']);
  });

  it('may come after unrequested frames', async () => {
    const { record, socket } = await answeredWith('{"Type":"RTN_DYN","Data":[]}');
    for (const frame of ['', 'garbage', '[]', '{"Type":7}', '{"Type":"NOT_DYN_TEMP"}']) socket.says(frame);
    expect(record).toMatchObject({ state: 'authenticating', messagesReceived: 6 });
    socket.says(accept);
    expect(record.state).toBe('connected');
  });

  it('is awaited for the configured time, after which a network failure is assumed', async () => {
    const { record, socket } = await aDiallingSession();
    socket.opens();
    await jest.advanceTimersByTimeAsync(9999);
    expect(record.state).toBe('authenticating');
    await jest.advanceTimersByTimeAsync(1);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'login_timeout', step: 'login' } });
    expect(socket.isClosing).toBe(true);
  });

  it.each<[string, SocketEnd]>([
    ['closed', closedWith(1000)],
    ['broken', broken],
  ])('is a network failure when the socket is %s instead', async (_, end) => {
    const { record, socket } = await aDiallingSession();
    socket.opens();
    socket.ends(end);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'closed_by_gateway', step: 'login' } });
  });

  it('ends the retries, which are 5 minutes apart, when it is the third refusal', async () => {
    const { transport, record, socket } = await answeredWith(refuse);
    socket.ends();
    for (const tries of [2, 3]) {
      await jest.advanceTimersByTimeAsync(299_999);
      expect(transport.sockets).toHaveLength(tries - 1);
      await jest.advanceTimersByTimeAsync(1);
      expect(transport.sockets).toHaveLength(tries);
      transport.last.opens();
      await settle();
      transport.last.says(refuse);
      transport.last.ends();
    }
    expect(record).toMatchObject({ state: 'auth_failed', attempt: 3, nextRetryAt: null });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('slows retries to every 5 minutes when it is missing five times for credentials that were never accepted', async () => {
    const { transport, record } = await aDiallingSession({}, { login: neverTried });
    for (let tries = 1; tries <= 7; tries += 1) {
      transport.last.opens();
      await settle();
      transport.last.ends();
      const waitMs = (record.nextRetryAt ?? 0) - performance.now();
      if (tries < 5) expect(waitMs).toBeLessThanOrEqual(30_000);
      else expect(waitMs).toBe(300_000);
      expect(record).toMatchObject({ state: 'reconnecting', attempt: tries });
      await jest.advanceTimersByTimeAsync(waitMs);
      expect(transport.sockets).toHaveLength(tries + 1);
    }
  });
});

describe('a session that the gateway has logged out', () => {
  const loggedOut = { state: 'reconnecting', reason: { code: 'logged_out', step: 'live' } };
  const refusedProbe = anError('GET_DYN_CONNECTED', 'Not logged in');

  it('is logged in again when the gateway revokes its acceptance, at no cost to the login budget', async () => {
    const { record, socket, transport, logins } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(1500);
    socket.says(refuse);
    expect(record).toMatchObject(loggedOut);
    socket.ends();
    await jest.advanceTimersByTimeAsync(1000);
    transport.last.logsIn();
    expect(record).toMatchObject({ state: 'connected', reason: null, reconnects: 1 });
    expect(logins.told).toEqual([]);
  });

  it('is logged in again when the gateway answers the probe after an unrequested error with an error', async () => {
    const { record, socket } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(1500);
    socket.says(anError(null, 'session expired'));
    expect(record.state).toBe('connected');
    expect(socket.types.at(-1)).toBe('GET_DYN_CONNECTED');
    socket.says(refusedProbe);
    expect(record).toMatchObject({
      ...loggedOut,
      reason: { message: expect.stringContaining('Not logged in') as string },
    });
  });

  it('is logged in again only once if the next connection gets the same error', async () => {
    const { record, socket, transport } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(1500);
    socket.says(anError(null));
    socket.says(refusedProbe);
    socket.ends();
    await jest.advanceTimersByTimeAsync(1000);
    transport.last.logsIn();
    await jest.advanceTimersByTimeAsync(1500);
    transport.last.says(anError(null));
    transport.last.says(refusedProbe);
    expect(record).toMatchObject({ state: 'connected', reconnects: 1 });
  });

  it('is checked for when a late answer to the login is not recognised', async () => {
    const { record, socket } = await aLiveSession();
    socket.says('{"Type":"RTN_LOGIN","Data":{}}');
    expect(record.state).toBe('connected');
    expect(socket.types.at(-1)).toBe('POST_SUB_CHANGES');
    await jest.advanceTimersByTimeAsync(1500); // The probe waits for the end of the subscription.
    expect(socket.types.at(-1)).toBe('GET_DYN_CONNECTED');
  });
});

describe('a large message', () => {
  it('is received only after the login was accepted', async () => {
    const { socket } = await aDiallingSession();
    socket.opens();
    expect(socket.takesLarge).toBe(false);
    socket.says(accept);
    expect(socket.takesLarge).toBe(true);
  });

  it('keeps the session alive while its bytes arrive, and is shown in the record until it is complete', async () => {
    const { record, socket } = await aLiveSession();
    const since = performance.now();
    for (let seconds = 0; seconds < 120; seconds += 1) {
      socket.receives(75_000);
      await jest.advanceTimersByTimeAsync(1000);
      if (seconds === 60) socket.listener.onPong(); // As may come between the fragments of a message.
    }
    expect(record).toMatchObject({ state: 'connected', receivingSince: since });
    expect(record.lastSeenAt).toBeGreaterThan(performance.now() - 15_000);
    socket.says('{"Type":"NOT_DYN_READING"}');
    expect(record.receivingSince).toBeNull();
  });

  it('is given up within 25 s when no more of its bytes arrive', async () => {
    const { record, socket } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(9000);
    socket.receives(75_000);
    await jest.advanceTimersByTimeAsync(25_500);
    expect(record).toMatchObject({
      reason: { code: 'heartbeat_timeout' },
      receivingSince: null,
    });
  });

  it('may precede the answer to the login, which then has at most three times the timeout', async () => {
    const { record, socket } = await aDiallingSession();
    socket.opens();
    for (let seconds = 0; seconds < 29; seconds += 1) {
      socket.receives(1000);
      await jest.advanceTimersByTimeAsync(1000);
    }
    expect(record.state).toBe('authenticating');
    await jest.advanceTimersByTimeAsync(1001);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'login_timeout' } });
  });

  it('does not extend the login timeout any further when its bytes stop arriving', async () => {
    const { record, socket } = await aDiallingSession();
    socket.opens();
    socket.receives(1000);
    await jest.advanceTimersByTimeAsync(20_001);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'login_timeout' } });
  });

  it('may precede the answer to the subscription', async () => {
    const { record, socket } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(1000);
    socket.receives(1000);
    await jest.advanceTimersByTimeAsync(1000);
    socket.says(anError('POST_SUB_CHANGES'));
    expect(record).toMatchObject({ reason: { code: 'subscribe_refused' } });
  });
});

describe('the subscription', () => {
  it.each([anError('POST_SUB_CHANGES', 'busy'), anError(null, 'busy')])(
    'is refused by an error within 1.5 s: %s',
    async (frame) => {
      const { record, socket } = await aLiveSession();
      await jest.advanceTimersByTimeAsync(1499);
      socket.says(frame);
      expect(record).toMatchObject({
        state: 'reconnecting',
        reason: {
          code: 'subscribe_refused',
          step: 'subscribe',
          message: 'The gateway refused the subscription: busy',
        },
      });
      expect(socket.types.at(-1)).toBe('POST_UNSUB_CHANGES');
    },
  );

  it('counts as accepted without an answer in time: a later error is about something else', async () => {
    const { record, socket } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(1500);
    socket.says(anError('POST_SUB_CHANGES'));
    expect(record.state).toBe('connected');
  });

  it('is not refused by a late error about the login', async () => {
    const { record, socket } = await aLiveSession();
    socket.says(anError('POST_LOGIN'));
    expect(record.state).toBe('connected');
  });
});
