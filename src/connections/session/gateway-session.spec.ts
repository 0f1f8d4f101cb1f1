/** @jest-environment node */
import { EVERYWHERE } from '../../common/actor';
import { aFeed } from '../../../test/support/state-changes';
import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import { CredentialsUnreadableError } from '../../crypto/credential-cipher';
import { Secret } from '../../crypto/secret';
import { ConnectionRegistry } from '../../status/connection.registry';
import type { ConnectionState } from '../../status/connection-state';
import { DialPacer } from './dial-pacer';
import {
  ID,
  logIn,
  LONG_MS,
  aDiallingSession,
  aGateway,
  aLiveSession,
  aSession,
  aTarget,
  accept,
  anError,
  broken,
  closedWith,
  refuse,
  settle,
} from './gateway-session.harness';
import type { Harness } from './gateway-session.harness';

useFakeTimersInTests();

describe('a session from its beginning to its end', () => {
  it('LIFECYCLE-01: dials, logs in first of all, and subscribes when the login is accepted', async () => {
    const { socket, record, onConnected } = await aDiallingSession();
    expect(socket.url).toBe('ws://10.0.0.7:5001');
    expect(record.state).toBe('connecting');

    socket.opens();
    expect(record.state).toBe('authenticating');
    expect(socket.sent.map((text) => JSON.parse(text) as object)).toEqual([
      { Type: 'POST_LOGIN', From: 'UI', To: 'SERV', Data: { Email: 'ops@example.org', Password: 'correct horse' } },
    ]);

    socket.says(accept);
    expect(record).toMatchObject({ state: 'connected', reason: null, messagesSent: 2, messagesReceived: 1 });
    expect(record.connectedAt).toEqual(record.since);
    expect(socket.types).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES']);
    expect(onConnected.mock.calls).toEqual([[ID]]);
  });

  it('LIFECYCLE-03: unsubscribes, closes in an orderly way, and resolves when the socket is gone', async () => {
    const { session, socket, record } = await aLiveSession();
    const stopped = jest.fn();
    void session.stop().then(stopped);
    expect(record).toMatchObject({ state: 'disconnected', connectedAt: null });
    expect(socket.types.at(-1)).toBe('POST_UNSUB_CHANGES');
    expect(socket.isClosing).toBe(true);

    await settle();
    expect(stopped).not.toHaveBeenCalled();
    socket.ends(closedWith(1000));
    await settle();
    expect(stopped).toHaveBeenCalled();
    expect(record).toMatchObject({ state: 'disconnected', reason: null });
  });

  it('does not unsubscribe before it is logged in: a command before the login is an error', async () => {
    const { session, socket } = await aDiallingSession();
    socket.opens();
    void session.stop();
    expect(socket.types).toEqual(['POST_LOGIN']);
    expect(socket.isClosing).toBe(true);
  });

  it('does not dial a gateway whose desired state is disconnected', async () => {
    const gateway = aGateway({ desiredState: 'disconnected' });
    const { session, transport, record } = aSession(gateway);
    session.provide(aTarget(gateway));
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(0);
    expect(record.state).toBe('disconnected');
  });
});

describe('the stop of a session', () => {
  const stages: [string, () => Promise<Harness>][] = [
    ['waiting for what to connect to', () => Promise.resolve(aSession())],
    [
      'waiting for its turn',
      async () => {
        const pacer = new DialPacer(1);
        void pacer.turn('fresh', new AbortController().signal);
        void pacer.turn('fresh', new AbortController().signal);
        const harness = aSession(aGateway(), { pacer });
        harness.session.provide(aTarget(aGateway()));
        await settle();
        expect(harness.transport.sockets).toHaveLength(0);
        return harness;
      },
    ],
    ['dialling', () => aDiallingSession()],
    [
      'logging in',
      async () => {
        const harness = await aDiallingSession();
        harness.socket.opens();
        return harness;
      },
    ],
    ['connected', () => aLiveSession()],
    [
      'waiting for the next try',
      async () => {
        const harness = await aLiveSession();
        harness.socket.ends();
        return harness;
      },
    ],
    [
      'waiting after a refused login',
      async () => {
        const harness = await aDiallingSession();
        harness.socket.opens();
        harness.socket.says(refuse);
        harness.socket.ends();
        return harness;
      },
    ],
  ];

  it.each(stages)('leaves no timer and no socket while %s', async (_, reach) => {
    const { session, transport, record } = await reach();
    const stopped = session.stop();
    for (const socket of transport.living) {
      expect(socket.isClosing).toBe(true);
      socket.ends();
    }
    await stopped;
    const dialled = transport.sockets.length;
    await jest.advanceTimersByTimeAsync(2000); // Long enough for the pacer's timer of a cancelled turn.
    expect(jest.getTimerCount()).toBe(0);
    expect(transport.sockets).toHaveLength(dialled);
    expect(record).toMatchObject({ state: 'disconnected', nextRetryAt: null, reason: null });
  });
});

describe('a late event of an attempt that is over', () => {
  it('does not change the record or disturb the next attempt', async () => {
    const { session, socket, record, transport } = await aLiveSession();
    session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
    const before = { ...record };
    socket.says(accept);
    socket.says(refuse);
    socket.says(anError(null));
    socket.listener.onPong();
    socket.listener.onOpen(null);
    expect(record).toEqual(before);

    socket.ends();
    await settle();
    expect(record).toEqual(before);
    expect(transport.sockets).toHaveLength(2);
  });

  it('does not end the attempt that replaced it', async () => {
    const { session, socket, record, transport } = await aLiveSession();
    session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
    socket.ends();
    await settle();
    await logIn(transport.last);
    socket.listener.onClose(broken); // A transport that reports the close twice.
    expect(record.state).toBe('connected');
  });

  it('sends no login when the socket opens after the operator has disconnected', async () => {
    const { session, socket, record } = await aDiallingSession();
    session.apply(aGateway({ revision: 2, desiredState: 'disconnected' }));
    socket.opens();
    expect(socket.sent).toEqual([]);
    expect(record.state).toBe('disconnected');
  });
});

describe('credentials that cannot be decrypted', () => {
  const sealed = Secret.sealed(() => {
    throw new CredentialsUnreadableError('encrypted with key 1234abcd, which is not configured');
  });

  it('fail without a socket or a timer, and can be replaced by new ones', async () => {
    const { session, transport, record } = aSession();
    session.provide(aTarget(aGateway(), { password: sealed }));
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(record).toMatchObject({
      state: 'auth_failed',
      nextRetryAt: null,
      reason: { code: 'credentials_unreadable', step: 'credentials' },
    });
    expect(transport.sockets).toHaveLength(0);
    expect(jest.getTimerCount()).toBe(0);

    session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
    await settle();
    await logIn(transport.last);
    expect(record).toMatchObject({ state: 'connected', reason: null });
  });

  it('are replaced by those of a repaired row when an operator orders a connection', async () => {
    const { session, transport } = aSession();
    session.provide(aTarget(aGateway(), { password: sealed }));
    await settle();
    session.provide(aTarget(aGateway()));
    session.connect();
    await settle();
    expect(transport.sockets).toHaveLength(1);
  });
});

describe('the counts', () => {
  it('include no unsubscription on a socket that is gone', async () => {
    const { record, socket } = await aLiveSession();
    expect(record.messagesSent).toBe(2);
    socket.ends();
    expect(record.messagesSent).toBe(2);
  });

  it('continue across reconnects, and include the number of reconnects', async () => {
    const { record, socket, transport } = await aLiveSession();
    socket.says('{"Type":"NOT_DYN_TEMP"}');
    socket.ends();
    await jest.advanceTimersByTimeAsync(1000);
    expect(record.reconnects).toBe(0);
    transport.last.logsIn();
    expect(record).toMatchObject({ reconnects: 1, messagesReceived: 3, messagesSent: 4 });
  });
});

it('publishes every state change in order, after the record and the counts are updated', async () => {
  const changes = aFeed();
  const registry = new ConnectionRegistry(changes);
  const told: [ConnectionState, ConnectionState, string | undefined][] = [];
  const found: unknown[] = [];
  const expected: unknown[] = [];
  const off = changes.subscribe(({ gateway, from, to, reason, status }) => {
    told.push([from, to, reason?.code]);
    const { state, since, attempt } = registry.find(EVERYWHERE, gateway.id) ?? {};
    found.push([state, since, attempt, registry.countByState(EVERYWHERE)[to]]);
    expected.push([status.state, status.since, status.attempt, 1]);
  });
  const { socket, session } = await aLiveSession({ registry });
  socket.ends();
  void session.stop();
  off();
  session.connect();
  expect(told).toEqual([
    ['disconnected', 'connecting', undefined],
    ['connecting', 'authenticating', undefined],
    ['authenticating', 'connected', undefined],
    ['connected', 'reconnecting', 'connection_lost'],
    ['reconnecting', 'disconnected', undefined],
  ]);
  expect(found).toEqual(expected);
});

it('keeps working when a listener of its state changes throws', async () => {
  const changes = aFeed();
  changes.subscribe(() => {
    throw new Error('not my day');
  });
  const { record, socket, transport } = await aLiveSession({ registry: new ConnectionRegistry(changes) });
  socket.ends();
  await jest.advanceTimersByTimeAsync(1000);
  transport.last.logsIn();
  expect(record).toMatchObject({ state: 'connected', reconnects: 1 });
});
