import { PinoLogger } from 'nestjs-pino';
import { CredentialsUnreadableError } from '../../crypto/credential-cipher';
import { Secret } from '../../crypto/secret';
import type { PublicGateway } from '../../events/domain-events';
import type { ConnectionTarget } from '../../gateways/connection-target';
import { seededRandom } from '../../simulator/seeded-random';
import { ConnectionRegistry } from '../connection.registry';
import type { ConnectionRecord } from '../connection.registry';
import { CONNECTION_STATES } from '../connection-state';
import type { ConnectionState } from '../connection-state';
import { DialPacer } from '../dial-pacer';
import { Transport } from '../transport/transport';
import type { Socket, SocketEnd, SocketListener } from '../transport/transport';
import { GatewaySession } from './gateway-session';
import type { SessionTools } from './gateway-session';
import { Heartbeat } from './heartbeat';

const ID = '00000000-0000-4000-8000-000000000001';
const broken: SocketEnd = { opened: true, code: 'connection_lost', message: 'The connection broke' };
const refused: SocketEnd = {
  opened: false,
  reason: { step: 'tcp', code: 'connect_refused', message: 'Connection refused by 10.0.0.7:5000' },
};
const accept = '{"Type":"RTN_LOGIN","From":"SERV","Target":"UI","Data":{"Success":true}}';
const refuse = '{"Type":"RTN_LOGIN","From":"SERV","Target":"UI","Data":{"Success":false}}';

function anError(attempt: string | null, text = 'no'): string {
  return JSON.stringify({ Type: 'RTN_ERR', From: 'SERV', Target: 'UI', Data: { Attempt: attempt, Error: text } });
}

/** A socket whose other end is the test. It ends only when the test says so, as a gateway that takes its time. */
class FakeSocket implements Socket {
  readonly sent: string[] = [];
  pings = 0;
  isOpen = false;
  isClosing = false;
  isGone = false;

  constructor(
    readonly url: string,
    readonly listener: SocketListener,
  ) {}

  send(text: string): boolean {
    if (!this.isOpen) return false;
    this.sent.push(text);
    return true;
  }

  ping(): void {
    this.pings += 1;
  }

  close(): void {
    this.isClosing = true;
  }

  terminate(): void {
    this.isClosing = true;
    this.isOpen = false;
  }

  get types(): string[] {
    return this.sent.map((text) => (JSON.parse(text) as { Type: string }).Type);
  }

  opens(): void {
    this.isOpen = true;
    this.listener.onOpen();
  }

  says(text: string): void {
    this.listener.onMessage(text);
  }

  ends(end: SocketEnd = this.isOpen ? broken : refused): void {
    if (this.isGone) return;
    this.isGone = true;
    this.isOpen = false;
    this.listener.onClose(end);
  }

  /** All the way to a live session. */
  logsIn(): void {
    this.opens();
    this.says(accept);
  }
}

class FakeTransport extends Transport {
  readonly sockets: FakeSocket[] = [];
  mostAtOnce = 0;

  open(url: string, listener: SocketListener): Socket {
    const socket = new FakeSocket(url, listener);
    this.sockets.push(socket);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.living.length);
    return socket;
  }

  get living(): FakeSocket[] {
    return this.sockets.filter(({ isGone }) => !isGone);
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nothing was dialled');
    return socket;
  }
}

function aGateway(changes: Partial<PublicGateway> = {}): PublicGateway {
  return {
    id: ID,
    factoryId: '00000000-0000-4000-8000-0000000000f1',
    label: 'GW-1',
    name: 'Gateway 1',
    desiredState: 'connected',
    connectionVersion: 1,
    revision: 1,
    lastSeenAt: null,
    ...changes,
  };
}

function aTarget(gateway: PublicGateway, changes: Partial<ConnectionTarget> = {}): ConnectionTarget {
  const { connectionVersion } = gateway;
  return {
    gateway,
    url: `ws://10.0.0.7:500${connectionVersion}`,
    email: 'ops@example.org',
    password: Secret.of('correct horse'),
    ...changes,
  };
}

function aSession(gateway = aGateway(), changes: Partial<SessionTools> = {}) {
  const { registry = new ConnectionRegistry() } = changes;
  const transport = new FakeTransport();
  const onConnected = jest.fn<undefined, [string]>();
  const session = new GatewaySession(gateway, {
    transport,
    registry,
    onConnected,
    pacer: new DialPacer(1000),
    heartbeat: new Heartbeat({ intervalMs: 15_000, timeoutMs: 10_000 }),
    logger: new PinoLogger({ pinoHttp: { level: 'silent' } }),
    settings: { loginTimeoutMs: 10_000, stableAfterMs: 30_000 },
    backoff: { minMs: 1000, maxMs: 30_000 },
    authRetryMs: 300_000,
    ...changes,
  });
  const record = registry.find(gateway.id);
  if (!record) throw new Error('the session has no record');
  return { session, transport, record, onConnected, registry };
}

type Harness = ReturnType<typeof aSession>;

/** A session whose first socket has been dialled. */
async function aDiallingSession(changes: Partial<SessionTools> = {}): Promise<Harness & { socket: FakeSocket }> {
  const harness = aSession(aGateway(), changes);
  harness.session.provide(aTarget(aGateway()));
  await settle();
  return { ...harness, socket: harness.transport.last };
}

async function aLiveSession(changes: Partial<SessionTools> = {}): Promise<Harness & { socket: FakeSocket }> {
  const harness = await aDiallingSession(changes);
  harness.socket.logsIn();
  return harness;
}

/** Lets everything happen that needs no time. */
const settle = () => jest.advanceTimersByTimeAsync(0);

/** What the longest wait of a back-off or a slow retry is, and more. */
const LONG_MS = 400_000;

describe('GatewaySession', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

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
      socket.ends({ opened: true, code: 'closed_by_gateway', message: 'closed' });
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

    it('keeps a gateway that is not wanted undialled', async () => {
      const gateway = aGateway({ desiredState: 'disconnected' });
      const { session, transport, record } = aSession(gateway);
      session.provide(aTarget(gateway));
      await jest.advanceTimersByTimeAsync(LONG_MS);
      expect(transport.sockets).toHaveLength(0);
      expect(record.state).toBe('disconnected');
    });
  });

  describe('leaves no timer and no socket when it is stopped', () => {
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

    it.each(stages)('%s', async (_, reach) => {
      const { session, transport, record } = await reach();
      const stopped = session.stop();
      for (const socket of transport.living) {
        expect(socket.isClosing).toBe(true);
        socket.ends();
      }
      await stopped;
      const dialled = transport.sockets.length;
      await jest.advanceTimersByTimeAsync(2000); // As long as a turn of the pacer may take that nobody wants any more.
      expect(jest.getTimerCount()).toBe(0);
      expect(transport.sockets).toHaveLength(dialled);
      expect(record).toMatchObject({ state: 'disconnected', nextRetryAt: null, reason: null });
    });
  });

  describe('one socket at a time', () => {
    it('LIFECYCLE-02: dials the new address only when the old socket is gone', async () => {
      const { session, transport, socket, record } = await aLiveSession();
      const changed = aGateway({ connectionVersion: 2, revision: 2 });
      session.provide(aTarget(changed));
      await jest.advanceTimersByTimeAsync(LONG_MS);
      expect(socket.isClosing).toBe(true);
      expect(transport.sockets).toHaveLength(1);
      expect(record.state).toBe('connecting');

      socket.ends();
      await settle();
      expect(transport.sockets).toHaveLength(2);
      expect(transport.last.url).toBe('ws://10.0.0.7:5002');
    });

    it('goes straight to the last of many changes that come while the old socket closes', async () => {
      const { session, transport, socket } = await aLiveSession();
      for (const connectionVersion of [2, 3, 4, 5]) {
        session.provide(aTarget(aGateway({ connectionVersion, revision: connectionVersion })));
        await settle();
      }
      socket.ends();
      await settle();
      expect(transport.sockets.map(({ url }) => url)).toEqual(['ws://10.0.0.7:5001', 'ws://10.0.0.7:5005']);
      expect(transport.mostAtOnce).toBe(1);
    });

    it('dials nothing when the operator disconnects while the old socket closes', async () => {
      const { session, transport, socket } = await aLiveSession();
      session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
      session.apply(aGateway({ connectionVersion: 2, revision: 3, desiredState: 'disconnected' }));
      socket.ends();
      await jest.advanceTimersByTimeAsync(LONG_MS);
      expect(transport.sockets).toHaveLength(1);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('waits for the old socket also after the gateway was disconnected and connected again', async () => {
      const { session, transport, socket } = await aLiveSession();
      session.apply(aGateway({ revision: 2, desiredState: 'disconnected' }));
      session.apply(aGateway({ revision: 3 }));
      session.connect();
      await jest.advanceTimersByTimeAsync(LONG_MS);
      expect(transport.sockets).toHaveLength(1);
      socket.ends();
      await settle();
      expect(transport.sockets).toHaveLength(2);
    });

    it.each([1, 2, 3, 4, 5, 6, 7, 8])(
      'keeps to it in any order of orders and of what happens: storm %d',
      async (seed) => {
        const random = seededRandom(seed);
        jest.spyOn(Math, 'random').mockImplementation(random); // The back-off's, so that a storm is the same each time.
        const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
        const { session, transport, record } = await aDiallingSession();
        let gateway = aGateway();
        const change = (changes: Partial<PublicGateway>) => {
          gateway = { ...gateway, ...changes, revision: gateway.revision + 1 };
          session.apply(gateway);
        };
        const seen = new Set<ConnectionState>();
        const acts: (() => unknown)[] = [
          () => session.connect(),
          () => change({ desiredState: 'connected' }),
          () => change({ desiredState: 'disconnected' }),
          () => change({ connectionVersion: gateway.connectionVersion + 1 }),
          () => session.provide(aTarget(gateway)),
          () => session.provide(aTarget(gateway)),
          () => pick(transport.living)?.opens(),
          () => pick(transport.sockets)?.says(accept),
          () => pick(transport.sockets)?.says(refuse),
          () => pick(transport.living)?.says(accept),
          () => pick(transport.living)?.says(accept),
          () => pick(transport.living)?.says(refuse),
          () => pick(transport.sockets)?.says(anError(null)),
          () => pick(transport.living)?.ends(),
          () => pick(transport.sockets)?.listener.onPong(),
          () => jest.advanceTimersByTimeAsync(random() * 20_000),
          () => jest.advanceTimersByTimeAsync(0),
        ];
        for (let i = 0; i < 6000; i += 1) {
          await pick(acts)?.();
          seen.add(record.state);
          if (record.state === 'connected') expect(transport.living.filter(({ isOpen }) => isOpen)).toHaveLength(1);
        }
        expect(transport.sockets.length).toBeGreaterThan(100);
        expect(seen).toEqual(new Set(CONNECTION_STATES));
        expect(transport.mostAtOnce).toBe(1);

        change({ desiredState: 'connected' });
        session.provide(aTarget(gateway));
        session.connect();
        for (const closing of transport.living.filter(({ isClosing }) => isClosing)) closing.ends();
        await jest.advanceTimersByTimeAsync(LONG_MS);
        expect(transport.last.url).toBe(aTarget(gateway).url);
        const stopped = session.stop();
        transport.living.forEach((socket) => socket.ends());
        await stopped;
        expect(jest.getTimerCount()).toBe(0);
      },
    );
  });

  describe('late news of an attempt that is over', () => {
    it('changes nothing: not the state, not the counts, not the timers', async () => {
      const { session, socket, record, transport } = await aLiveSession();
      session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
      const before = { ...record };
      socket.says(accept);
      socket.says(refuse);
      socket.says(anError(null));
      socket.listener.onPong();
      socket.listener.onOpen();
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
      transport.last.logsIn();
      socket.listener.onClose(broken); // A transport that tells twice.
      expect(record.state).toBe('connected');
    });

    it('does not log in again when the old attempt opens after the operator changed his mind', async () => {
      const { session, socket, record } = await aDiallingSession();
      session.apply(aGateway({ revision: 2, desiredState: 'disconnected' }));
      socket.opens();
      expect(socket.sent).toEqual([]);
      expect(record.state).toBe('disconnected');
    });
  });

  describe('what the table says of the gateway', () => {
    it('LIFECYCLE-02: leaves the session alone when only its description changed', async () => {
      const { session, socket, record, transport } = await aLiveSession();
      const { since } = record;
      session.apply(aGateway({ name: 'Renamed', label: 'GW-2', revision: 2 }));
      session.provide(aTarget(aGateway({ name: 'Renamed', label: 'GW-2', revision: 2 })));
      await settle();
      expect(record).toMatchObject({ state: 'connected', since, gateway: { name: 'Renamed', label: 'GW-2' } });
      expect(transport.sockets).toEqual([socket]);
      expect(socket.isClosing).toBe(false);
    });

    it('does not take older news over newer ones', async () => {
      const { session, record, transport } = await aLiveSession();
      session.apply(aGateway({ revision: 3, name: 'Newest' }));
      session.apply(aGateway({ revision: 2, name: 'Older', desiredState: 'disconnected' }));
      expect(record).toMatchObject({ state: 'connected', gateway: { name: 'Newest' } });
      expect(transport.last.isClosing).toBe(false);
    });

    it('does not dial an address that is known to be out of date, but waits for the new one', async () => {
      const { session, transport, record, socket } = await aLiveSession();
      session.apply(aGateway({ connectionVersion: 2, revision: 2 }));
      socket.ends();
      session.provide(aTarget(aGateway())); // A read that began before the change.
      await jest.advanceTimersByTimeAsync(LONG_MS);
      expect(transport.sockets).toHaveLength(1);
      expect(record.state).toBe('connecting');

      session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
      await settle();
      expect(transport.last.url).toBe('ws://10.0.0.7:5002');
    });

    it('goes back to no older address after a read that came late', async () => {
      const { session, transport, socket } = await aLiveSession();
      session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
      session.provide(aTarget(aGateway()));
      socket.ends();
      await settle();
      transport.last.ends(refused);
      await jest.advanceTimersByTimeAsync(LONG_MS);
      expect(transport.sockets.map(({ url }) => url.at(-1))).toEqual(['1', '2', '2']);
    });

    it('asks for nothing more to dial again', async () => {
      const { transport, socket } = await aLiveSession();
      socket.ends();
      await jest.advanceTimersByTimeAsync(1000);
      transport.last.logsIn();
      expect(transport.sockets).toHaveLength(2);
      expect(transport.last.types).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES']);
    });

    it.each<[string, Partial<PublicGateway>]>([
      ['changed at another time', { revision: 2 }],
      ['has another version', { connectionVersion: 2 }],
      ['is wanted otherwise', { desiredState: 'disconnected' }],
    ])('is out of date when the row %s', (_, changes) => {
      const { session } = aSession();
      expect(session.isOutdated(aGateway())).toBe(false);
      expect(session.isOutdated(aGateway(changes))).toBe(true);
    });
  });

  describe('back-off', () => {
    it('LIFECYCLE-05: waits between half of and the whole of 1, 2, 4 … 30 s, for ever, and says until when', async () => {
      const { transport, socket, record } = await aDiallingSession();
      socket.ends(refused);
      for (let attempt = 1; attempt <= 12; attempt += 1) {
        const fullMs = Math.min(30_000, 1000 * 2 ** (attempt - 1));
        const waitMs = (record.nextRetryAt?.getTime() ?? 0) - Date.now();
        expect(record).toMatchObject({ state: 'reconnecting', attempt, reason: { code: 'connect_refused' } });
        expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2);
        expect(waitMs).toBeLessThanOrEqual(fullMs);

        await jest.advanceTimersByTimeAsync(waitMs - 1);
        expect(transport.sockets).toHaveLength(attempt);
        await jest.advanceTimersByTimeAsync(1);
        expect(transport.sockets).toHaveLength(attempt + 1);
        expect(record).toMatchObject({ state: 'connecting', nextRetryAt: null, reason: { code: 'connect_refused' } });
        transport.last.ends(refused);
      }
    });

    it('counts anew only after 30 s of a stable session', async () => {
      const { transport, socket, record } = await aLiveSession();
      socket.ends();
      await jest.advanceTimersByTimeAsync(1000);
      transport.last.logsIn();
      answerPings(transport.last);
      await jest.advanceTimersByTimeAsync(29_999);
      expect(record).toMatchObject({ state: 'connected', attempt: 1, reconnects: 1 });
      await jest.advanceTimersByTimeAsync(1);
      expect(record).toMatchObject({ state: 'connected', attempt: 0 });
    });

    it('keeps backing off from a gateway that accepts and drops at once', async () => {
      const { transport, socket, record } = await aLiveSession();
      socket.ends();
      for (let attempt = 2; attempt <= 5; attempt += 1) {
        await jest.advanceTimersByTimeAsync(30_000);
        transport.last.logsIn();
        transport.last.ends();
        expect(record.attempt).toBe(attempt);
      }
    });

    it('STATUS-02: ends at once when the operator says connect, and leaves no second timer', async () => {
      const { session, transport, socket, record } = await aDiallingSession();
      socket.ends(refused);
      session.connect();
      session.connect();
      await settle();
      expect(transport.sockets).toHaveLength(2);
      expect(record).toMatchObject({ state: 'connecting', nextRetryAt: null });
      expect(jest.getTimerCount()).toBe(0);
    });

    it('does not dial for an order that another order has overtaken', async () => {
      const { session, transport, socket } = await aLiveSession();
      session.apply(aGateway({ revision: 2, desiredState: 'disconnected' }));
      session.connect();
      socket.ends();
      await jest.advanceTimersByTimeAsync(LONG_MS);
      expect(transport.sockets).toHaveLength(1);
    });

    it('lets the order of an operator go before repeated failures, also while it waits among them', async () => {
      const pacer = new DialPacer(10);
      const { session, transport, socket, record } = await aDiallingSession({ pacer });
      socket.ends(refused);
      // From before it wants its turn again, more others want theirs than get one.
      for (let i = 0; i < 1000; i += 1) void pacer.turn('repeated', new AbortController().signal);
      await jest.advanceTimersByTimeAsync(1000);
      expect(record.state).toBe('connecting');
      expect(transport.sockets).toHaveLength(1);

      session.connect();
      await jest.advanceTimersByTimeAsync(200);
      expect(transport.sockets).toHaveLength(2);
      expect(record.attempt).toBe(1);
    });

    it('does not lose its place among the fresh ones by a second order', async () => {
      const pacer = new DialPacer(10);
      for (let i = 0; i < 5; i += 1) void pacer.turn('fresh', new AbortController().signal);
      const { session, transport } = aSession(aGateway(), { pacer });
      session.provide(aTarget(aGateway()));
      await settle();
      for (let i = 0; i < 50; i += 1) void pacer.turn('fresh', new AbortController().signal);
      session.connect();
      await jest.advanceTimersByTimeAsync(700);
      expect(transport.sockets).toHaveLength(1);
    });
  });

  describe('the answer to the login', () => {
    async function answeredWith(frame: string) {
      const harness = await aDiallingSession();
      harness.socket.opens();
      harness.socket.says(frame);
      return harness;
    }

    it.each([
      ['RTN_LOGIN without success', refuse, 'The gateway refused the login'],
      ['RTN_LOGIN without data', '{"Type":"RTN_LOGIN"}', 'The gateway refused the login'],
      ['RTN_ERR that names the login', anError('post_login', 'nope'), 'The gateway refused the login: nope'],
    ])('is a refusal of the credentials: %s', async (_, frame, message) => {
      const { record, socket } = await answeredWith(frame);
      expect(record).toMatchObject({ state: 'auth_failed', reason: { code: 'login_refused', step: 'login', message } });
      expect(record.nextRetryAt).toEqual(new Date(Date.now() + 300_000));
      expect(socket.isClosing).toBe(true);
    });

    it.each([
      ['names nothing', anError(null, "local variable 'x' referenced before assignment")],
      ['names another command', anError('GET_DYN')],
    ])('is a fault of the gateway, and worth another try soon, when the error %s', async (_, frame) => {
      const { record } = await answeredWith(frame);
      expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'login_refused', step: 'login' } });
      expect(record.nextRetryAt?.getTime()).toBeLessThanOrEqual(Date.now() + 1000);
    });

    it('never shows the password that a gateway quotes', async () => {
      const { record } = await answeredWith(anError('POST_LOGIN', 'wrong: ops@example.org / correct horse'));
      expect(record.reason?.message).toBe('The gateway refused the login: (the gateway quoted the login)');
    });

    it('counts once, whatever the gateway repeats', async () => {
      const { record, socket } = await answeredWith(accept);
      await jest.advanceTimersByTimeAsync(1500);
      for (const frame of [accept, refuse, anError('POST_LOGIN'), anError(null)]) socket.says(frame);
      expect(record).toMatchObject({ state: 'connected', messagesReceived: 5, messagesSent: 2 });
      expect(socket.types).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES']);
    });

    it('may come after frames that nobody asked for', async () => {
      const { record, socket } = await answeredWith('{"Type":"RTN_DYN","Data":[]}');
      for (const frame of ['', 'garbage', '[]', '{"Type":7}', '{"Type":"NOT_DYN_TEMP"}']) socket.says(frame);
      expect(record).toMatchObject({ state: 'authenticating', messagesReceived: 6 });
      socket.says(accept);
      expect(record.state).toBe('connected');
    });

    it('is waited for as long as the setting says, and then it is a network failure', async () => {
      const { record, socket } = await aDiallingSession();
      socket.opens();
      await jest.advanceTimersByTimeAsync(9999);
      expect(record.state).toBe('authenticating');
      await jest.advanceTimersByTimeAsync(1);
      expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'login_timeout', step: 'login' } });
      expect(socket.isClosing).toBe(true);
    });

    it.each<[string, SocketEnd]>([
      ['closed', { opened: true, code: 'closed_by_gateway', message: 'with code 1000' }],
      ['broken', broken],
    ])('is a network failure when the socket is %s instead', async (_, end) => {
      const { record, socket } = await aDiallingSession();
      socket.opens();
      socket.ends(end);
      expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'closed_by_gateway', step: 'login' } });
    });

    it('refuses three times 5 minutes apart, and then there is silence, without a timer', async () => {
      const { transport, record, socket } = await answeredWith(refuse);
      socket.ends();
      for (const tries of [2, 3]) {
        await jest.advanceTimersByTimeAsync(299_999);
        expect(transport.sockets).toHaveLength(tries - 1);
        await jest.advanceTimersByTimeAsync(1);
        expect(transport.sockets).toHaveLength(tries);
        transport.last.opens();
        transport.last.says(refuse);
        transport.last.ends();
      }
      expect(record).toMatchObject({ state: 'auth_failed', attempt: 3, nextRetryAt: null });
      expect(jest.getTimerCount()).toBe(0);
    });

    it('is asked for only every 5 minutes when credentials that were never accepted get none five times', async () => {
      const { transport, record } = await aDiallingSession();
      for (let tries = 1; tries <= 7; tries += 1) {
        transport.last.opens();
        transport.last.ends();
        const waitMs = (record.nextRetryAt?.getTime() ?? 0) - Date.now();
        if (tries < 5) expect(waitMs).toBeLessThanOrEqual(30_000);
        else expect(waitMs).toBe(300_000);
        expect(record).toMatchObject({ state: 'reconnecting', attempt: tries });
        await jest.advanceTimersByTimeAsync(waitMs);
        expect(transport.sockets).toHaveLength(tries + 1);
      }
    });
  });

  describe('credentials that cannot be opened', () => {
    const sealed = Secret.sealed(() => {
      throw new CredentialsUnreadableError('sealed with key 1234abcd, which is not configured');
    });

    it('fail without a socket and without a timer, and are mended by new ones', async () => {
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
      transport.last.logsIn();
      expect(record).toMatchObject({ state: 'connected', reason: null });
    });

    it('can be dialled with by the operator again when the row was mended behind our back', async () => {
      const { session, transport } = aSession();
      session.provide(aTarget(aGateway(), { password: sealed }));
      await settle();
      session.provide(aTarget(aGateway()));
      session.connect();
      await settle();
      expect(transport.sockets).toHaveLength(1);
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

    it('is accepted by silence: an error that comes later is about something else', async () => {
      const { record, socket } = await aLiveSession();
      await jest.advanceTimersByTimeAsync(1500);
      socket.says(anError('POST_SUB_CHANGES'));
      expect(record.state).toBe('connected');
    });

    it('is not refused by a late word on the login', async () => {
      const { record, socket } = await aLiveSession();
      socket.says(anError('POST_LOGIN'));
      expect(record.state).toBe('connected');
    });
  });

  describe('liveness', () => {
    it('shows the round trip of the last ping, and nothing when there is no session', async () => {
      const { record, socket } = await aLiveSession();
      await jest.advanceTimersByTimeAsync(250);
      expect(socket.pings).toBe(1);
      await jest.advanceTimersByTimeAsync(42);
      socket.listener.onPong();
      expect(record.latencyMs).toBe(42);
      expect(record.lastSeenAt).toEqual(new Date());
      socket.ends();
      expect(record.latencyMs).toBeNull();
    });

    it('takes no pong for an answer that answers no ping, but for a sign of life', async () => {
      const { record, socket } = await aLiveSession();
      await jest.advanceTimersByTimeAsync(250);
      socket.listener.onPong();
      await jest.advanceTimersByTimeAsync(5000);
      socket.listener.onPong();
      expect(record).toMatchObject({ latencyMs: 0, lastSeenAt: new Date() });
    });

    it('gives a session up that shows no sign of life for 10 s after a ping, and waits for its socket to be gone', async () => {
      const { record, socket, transport } = await aLiveSession();
      await jest.advanceTimersByTimeAsync(10_600);
      expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'heartbeat_timeout', step: 'live' } });
      expect(socket.isClosing).toBe(true);
      expect(socket.isOpen).toBe(false);
      await jest.advanceTimersByTimeAsync(LONG_MS);
      expect(transport.sockets).toHaveLength(1);
      socket.ends();
      await settle();
      expect(transport.sockets).toHaveLength(2);
    });

    it('pings only once it is logged in', async () => {
      const { socket } = await aDiallingSession({ settings: { loginTimeoutMs: 100_000, stableAfterMs: 30_000 } });
      socket.opens();
      await jest.advanceTimersByTimeAsync(60_000);
      expect(socket.pings).toBe(0);
    });
  });

  describe('the counts', () => {
    it('have no message in them that was never sent: nobody unsubscribes on a socket that is gone', async () => {
      const { record, socket } = await aLiveSession();
      expect(record.messagesSent).toBe(2);
      socket.ends();
      expect(record.messagesSent).toBe(2);
    });

    it('go on over reconnects, and count those', async () => {
      const { record, socket, transport } = await aLiveSession();
      socket.says('{"Type":"NOT_DYN_TEMP"}');
      socket.ends();
      await jest.advanceTimersByTimeAsync(1000);
      expect(record.reconnects).toBe(0);
      transport.last.logsIn();
      expect(record).toMatchObject({ reconnects: 1, messagesReceived: 3, messagesSent: 4 });
    });
  });

  it('tells of a loss together with the time of the next try', async () => {
    const registry = new ConnectionRegistry();
    const { socket } = await aLiveSession({ registry });
    const toldMs: number[] = [];
    registry.onMove(({ nextRetryAt }) => toldMs.push((nextRetryAt?.getTime() ?? 0) - Date.now()));
    socket.ends();
    expect(toldMs).toHaveLength(1);
    expect(toldMs[0]).toBeGreaterThanOrEqual(500);
    expect(toldMs[0]).toBeLessThanOrEqual(1000);
  });

  it('tells of every move, in order, with a record that is up to date', async () => {
    const registry = new ConnectionRegistry();
    const moves: [ConnectionState, ConnectionState, string | undefined][] = [];
    const off = registry.onMove((record: ConnectionRecord, from) =>
      moves.push([from, record.state, record.reason?.code]),
    );
    const { socket, session } = await aLiveSession({ registry });
    socket.ends();
    void session.stop();
    off();
    session.connect();
    expect(moves).toEqual([
      ['disconnected', 'connecting', undefined],
      ['connecting', 'authenticating', undefined],
      ['authenticating', 'connected', undefined],
      ['connected', 'reconnecting', 'connection_lost'],
      ['reconnecting', 'disconnected', undefined],
    ]);
  });
});

function answerPings(socket: FakeSocket): void {
  jest.spyOn(socket, 'ping').mockImplementation(() => socket.listener.onPong());
}
