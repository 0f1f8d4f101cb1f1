/** @jest-environment node */
import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import type { LoginRecord } from '../../gateways/connection-target';
import {
  accept,
  aDiallingSession,
  aGateway,
  aLiveSession,
  aSession,
  aTarget,
  logIn,
  LONG_MS,
  refuse,
  settle,
} from './gateway-session.harness';

const neverTried: LoginRecord = { accepted: false, refusals: 0, nextLoginAt: null };
const login = { login: neverTried };

useFakeTimersInTests({ now: new Date('2026-02-09T10:00:00Z') });

const inFiveMinutes = () => performance.now() + 300_000;

describe('a login that was never accepted', () => {
  it('is sent only when it is recorded', async () => {
    const { logins, socket, record } = await aDiallingSession({}, login);
    const release = logins.hold();
    socket.opens();
    await settle();
    expect(socket.sent).toEqual([]);
    expect(record.state).toBe('connecting');

    release();
    await settle();
    expect(socket.types).toEqual(['POST_LOGIN']);
    expect(record.state).toBe('authenticating');
  });

  it('is counted once when the table is read while it is recorded', async () => {
    const due = performance.now();
    const { logins, session, socket, record } = await aDiallingSession(
      {},
      { login: { accepted: false, refusals: 1, nextLoginAt: due } },
    );
    const release = logins.hold();
    socket.opens();
    await settle();
    session.learn(aTarget(aGateway(), { login: { accepted: false, refusals: 2, nextLoginAt: due } }));
    release();
    await settle();
    socket.says(refuse);
    expect(record).toMatchObject({ state: 'auth_failed', nextRetryAt: inFiveMinutes() }); // The third refusal would be the last.
  });

  it('is reported as accepted once, and is not recorded again', async () => {
    const { logins, socket, transport } = await aDiallingSession({}, login);
    await logIn(socket);
    expect(logins.told).toEqual(['take 1', 'accepted 1']);

    socket.ends();
    await jest.advanceTimersByTimeAsync(1000);
    transport.last.logsIn();
    expect(logins.told).toEqual(['take 1', 'accepted 1']);
  });

  it('is returned when it is not answered, and recorded again', async () => {
    const { logins, socket, transport } = await aDiallingSession({}, login);
    socket.opens();
    await settle();
    socket.ends();
    await jest.advanceTimersByTimeAsync(1000);
    transport.last.opens();
    await settle();
    expect(logins.told).toEqual(['take 1', 'returned 1', 'take 1']);
  });

  it('is returned when the session stops before it is sent', async () => {
    const { logins, socket, session } = await aDiallingSession({}, login);
    const release = logins.hold();
    socket.opens();
    void session.stop();
    release();
    await settle();
    expect(socket.sent).toEqual([]);
    expect(logins.told).toEqual(['take 1', 'returned 1']);
  });

  it('stays counted when the session stops before the answer', async () => {
    const { logins, socket, session } = await aDiallingSession({}, login);
    socket.opens();
    await settle();
    void session.stop();
    expect(logins.told).toEqual(['take 1']);
  });

  it('is not sent while the database is down, and the gateway is not dialled again', async () => {
    const { logins, socket, transport, record, session } = await aDiallingSession({}, login);
    logins.isAway = true;
    socket.opens();
    await settle();
    expect(socket.sent).toEqual([]);
    expect(socket.isClosing).toBe(true);
    socket.ends();
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(1);
    expect(record).toMatchObject({ state: 'connecting', attempt: 0 });

    logins.isAway = false;
    await jest.advanceTimersByTimeAsync(1000);
    await logIn(transport.last);
    expect(record.state).toBe('connected');
    void session.stop();
  });

  it('is not sent when the row has changed meanwhile, and the new address is dialled', async () => {
    const { logins, socket, transport, session, onOutdated } = await aDiallingSession({}, login);
    logins.verdict = 'outdated';
    socket.opens();
    await settle();
    socket.ends();
    await settle();
    expect(socket.sent).toEqual([]);
    expect(onOutdated).toHaveBeenCalledTimes(1);
    expect(transport.sockets).toHaveLength(1);

    logins.verdict = 'granted';
    session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
    await settle();
    expect(transport.last.url).toBe('ws://10.0.0.7:5002');
  });

  it('is not sent when the table says that no try is left', async () => {
    const { logins, socket, record, transport } = await aDiallingSession({}, login);
    logins.verdict = 'spent';
    socket.opens();
    await settle();
    socket.ends();
    expect(socket.sent).toEqual([]);
    expect(record).toMatchObject({ state: 'auth_failed', reason: { code: 'login_refused' }, nextRetryAt: null });
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a login that was accepted last', () => {
  it('is sent at once, so that a lost session reconnects while the database is down', async () => {
    const { logins, socket, transport, record } = await aLiveSession();
    logins.isAway = true;
    socket.ends();
    await jest.advanceTimersByTimeAsync(1000);
    transport.last.logsIn();
    expect(record.state).toBe('connected');
    expect(logins.told).toEqual([]);
  });

  it('is reported as refused the first time, and is recorded from then on', async () => {
    const { logins, socket, transport } = await aDiallingSession();
    socket.opens();
    socket.says(refuse);
    socket.ends();
    await jest.advanceTimersByTimeAsync(300_000);
    transport.last.opens();
    await settle();
    transport.last.says(refuse);
    expect(logins.told).toEqual(['refused 1 unrecorded', 'take 1', 'refused 1 recorded']);
  });
});

describe('the stored record of the login', () => {
  it('applies after a restart: a refused login is not tried before its time', async () => {
    const { session, transport, record } = aSession();
    const nextLoginAt = inFiveMinutes();
    session.provide(aTarget(aGateway(), { login: { accepted: false, refusals: 1, nextLoginAt } }));
    expect(record).toMatchObject({ state: 'auth_failed', reason: { code: 'login_refused' }, nextRetryAt: nextLoginAt });
    await jest.advanceTimersByTimeAsync(299_999);
    expect(transport.sockets).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(transport.sockets).toHaveLength(1);
  });

  it('applies after a restart: when no try is left, nothing is sent until an operator orders it', async () => {
    const { session, transport, record, logins } = aSession();
    session.provide(aTarget(aGateway(), { login: { accepted: true, refusals: 3, nextLoginAt: -1 } }));
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(record).toMatchObject({ state: 'auth_failed', nextRetryAt: null });
    expect(transport.sockets).toHaveLength(0);

    session.connect();
    await settle();
    transport.last.opens();
    await settle();
    transport.last.says(refuse);
    expect(logins.told).toEqual(['take 1', 'refused 1 recorded']);
    expect(record).toMatchObject({ state: 'auth_failed', nextRetryAt: null });
  });

  it('leads to slow retries when the outcomes are unknown', async () => {
    const { session, transport, record } = aSession();
    session.provide(aTarget(aGateway(), { login: { accepted: false, refusals: 3, nextLoginAt: null } }));
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'login_timeout' } });
    expect(record.nextRetryAt).toEqual(inFiveMinutes());
    await jest.advanceTimersByTimeAsync(300_000);
    await logIn(transport.last);
    expect(record.state).toBe('connected');
  });

  it('is ignored while the session waits for the answer itself', async () => {
    const { session, socket, record, logins } = await aDiallingSession({}, login);
    socket.opens();
    await settle();
    session.learn(aTarget(aGateway(), { login: { accepted: true, refusals: 0, nextLoginAt: null } }));
    socket.says(accept);
    expect(record.state).toBe('connected');
    expect(logins.told).toEqual(['take 1', 'accepted 1']);
  });

  it('is updated by a test: a session without tries left dials when the test was accepted', async () => {
    const { session, transport } = aSession();
    session.provide(aTarget(aGateway(), { login: { accepted: false, refusals: 3, nextLoginAt: -1 } }));
    session.learn(aTarget(aGateway(), { login: { accepted: true, refusals: 0, nextLoginAt: null } }));
    await settle();
    transport.last.logsIn();
    expect(transport.sockets).toHaveLength(1);
  });
});

describe('a leased gateway', () => {
  it('is dialled only after the lease ends', async () => {
    const { session, socket, transport } = await aDiallingSession();
    socket.ends();
    let release: () => void = () => undefined;
    const free = session.lease(new Promise((resolve) => (release = resolve)));
    await expect(free).resolves.toBeUndefined();
    session.connect();
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(1);

    release();
    await settle();
    expect(transport.sockets).toHaveLength(2);
  });

  it('is available only after its last socket is gone', async () => {
    const { session, socket } = await aLiveSession();
    session.apply(aGateway({ revision: 2, desiredState: 'disconnected' }));
    const isFree = jest.fn();
    void session.lease(Promise.resolve())?.then(isFree);
    await settle();
    expect(isFree).not.toHaveBeenCalled();
    socket.ends();
    await settle();
    expect(isFree).toHaveBeenCalled();
  });

  it('cannot be leased again, nor leased while it has a socket', async () => {
    const { session, socket } = await aLiveSession();
    expect(session.lease(Promise.resolve())).toBeNull();
    socket.ends();
    expect(session.lease(new Promise(() => undefined))).not.toBeNull();
    expect(session.lease(Promise.resolve())).toBeNull();
    void session.stop();
  });
});

describe('a process that others may replace', () => {
  /** What it may do, which tests change. */
  const aPermission = (mayOrder: boolean) => {
    const allowed = { mayOrder, mayConnect: true };
    return { allowed, permissions: { mayOrder: () => allowed.mayOrder, mayConnect: () => allowed.mayConnect } };
  };

  it('dials first when it knows that it has the gateway', async () => {
    const { allowed, permissions } = aPermission(false);
    const { session, transport } = aSession(aGateway(), { permissions });
    session.provide(aTarget(aGateway()));
    await jest.advanceTimersByTimeAsync(5000);
    expect(transport.sockets).toHaveLength(0);

    allowed.mayOrder = true;
    await jest.advanceTimersByTimeAsync(250);
    expect(transport.sockets).toHaveLength(1);
  });

  it('dials again with a login that was accepted, until it may not connect either', async () => {
    const { allowed, permissions } = aPermission(true);
    const { transport, socket } = await aLiveSession({ permissions });
    allowed.mayOrder = false;
    socket.ends();
    await jest.advanceTimersByTimeAsync(1000);
    transport.last.opens();
    expect(transport.last.types).toEqual(['POST_LOGIN']);

    allowed.mayConnect = false;
    transport.last.ends();
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(2);
  });

  it('sends no login, recorded or not, for which the permission has ended meanwhile', async () => {
    const { allowed, permissions } = aPermission(true);
    const { transport, logins, socket, record } = await aDiallingSession({ permissions }, login);
    const release = logins.hold();
    socket.opens();
    await settle();
    allowed.mayOrder = false;
    release();
    await settle();
    expect([socket.sent, logins.told]).toEqual([[], ['take 1', 'returned 1']]);
    socket.ends();
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(1);
    expect(record).toMatchObject({ state: 'connecting', attempt: 0 });

    allowed.mayOrder = true;
    await jest.advanceTimersByTimeAsync(250);
    allowed.mayOrder = false;
    transport.last.opens();
    await settle();
    expect([transport.sockets.length, transport.last.sent]).toEqual([2, []]);
  });
});
