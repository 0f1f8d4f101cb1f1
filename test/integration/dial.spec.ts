import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket as TcpSocket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TlsOptions } from 'node:tls';
import { AllowedNetworks, DialNetworks, networksOf } from '../../src/common/allowed-networks';
import type { Reason } from '../../src/gateway-client/failure/failure';
import { HostResolver } from '../../src/gateway-client/transport/host-resolver';
import { ReadBudget } from '../../src/gateway-client/transport/read-budget';
import { TlsTrust } from '../../src/gateway-client/transport/tls-trust';
import { WsTransport } from '../../src/gateway-client/transport/ws.transport';
import type { TlsSettings } from '../../src/gateway-client/transport/tls-settings';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { blackHole } from '../support/black-hole';
import { testCertificates } from '../support/certificates';
import type { TestCertificates } from '../support/certificates';
import { eventually } from '../support/eventually';
import { SystemCalls } from '../support/failing-calls';
import { acceptOf, closesAtOnce, silentTcp } from '../support/peers';

const LOOPBACK = '127.0.0.0/8, ::1/128';

const at = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

interface Options {
  readonly networks?: string;
  readonly find?: (host: string) => Promise<LookupAddress[]>;
  readonly tls?: TlsSettings;
  readonly bundle?: string;
  readonly connectTimeoutMs?: number;
  readonly closeTimeoutMs?: number;
  /** Closes the socket when this settles. */
  readonly givenUp?: Promise<unknown>;
}

interface Outcome {
  readonly steps: string[];
  /** Why it did not open; null when it did. */
  readonly reason: Reason | null;
}

const undo: (() => unknown)[] = [];
let calls: SystemCalls;
beforeAll(async () => (calls = await SystemCalls.find()));
afterEach(async () => {
  calls.restore();
  for (const step of undo.splice(0).reverse()) await step();
  await eventually(() => expect(sockets()).toBeLessThanOrEqual(socketsBefore));
});

const socketsBefore = sockets();

/** How many sockets of this process are open. */
function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /^TCP(Socket|Server)Wrap$|^TLSWrap$/.test(name)).length;
}

/** One dial to its end; what opens is closed. */
function dial(url: string, options: Options = {}): Promise<Outcome> {
  const steps: string[] = [];
  const transport = new WsTransport({
    resolver: new HostResolver(2, options.find ?? (() => Promise.resolve(at('127.0.0.1')))),
    networks: new DialNetworks(new AllowedNetworks(networksOf(options.networks ?? LOOPBACK))),
    trust: new TlsTrust(options.bundle),
    settings: {
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      closeTimeoutMs: options.closeTimeoutMs ?? 300,
      maxMessageBytes: 1e6,
    },
    budget: new ReadBudget(1e9),
    fence: { mayAct: () => true },
  });
  return new Promise((resolve, reject) => {
    let isOpen = false;
    let ends = 0;
    void options.givenUp?.then(() => socket.close());
    const socket = transport.open(
      { url, tls: options.tls ?? null, gatewayId: null, organizationId: null },
      {
        onStep: (step) => steps.push(step),
        onOpen: () => {
          isOpen = true;
          socket.terminate();
        },
        onMessage: () => undefined,
        onMessageBegins: () => undefined,
        onPing: () => undefined,
        onPong: () => undefined,
        onClosing: () => undefined,
        onClose: (end) => {
          ends += 1;
          if (end.opened !== isOpen) reject(new Error('it ended otherwise than it began'));
          // A moment, in which nothing more may come.
          setImmediate(() =>
            setImmediate(() => (ends === 1 ? resolve({ steps, reason: reasonOf(end) }) : reject(new Error('twice')))),
          );
        },
      },
    );
  });
}

function reasonOf(end: { opened: true } | { opened: false; reason: Reason }): Reason | null {
  return end.opened ? null : end.reason;
}

async function listening(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  const open = new Set<TcpSocket>();
  server.on('connection', (socket: TcpSocket) => open.add(socket.on('error', () => undefined)));
  server.listen(port, host);
  await once(server, 'listening');
  undo.push(async () => {
    for (const socket of open) socket.destroy();
    const closed = once(server, 'close');
    server.close();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

async function aGateway(options: Parameters<typeof SimulatedGateway.listen>[0] = {}): Promise<SimulatedGateway> {
  const gateway = await SimulatedGateway.listen(options);
  undo.push(() => gateway.close());
  return gateway;
}

const portOf = ({ url }: { url: string }) => new URL(url).port;

describe('a dial whose system calls fail', () => {
  const ours = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'] as const;
  const networks = ['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EPERM', 'EAFNOSUPPORT', 'ECONNRESET', 'EINVAL'] as const;
  const cases = [
    ...ours.map((code) => [code, 'out_of_resources'] as const),
    ...networks.map((code) => [code, 'unreachable'] as const),
    ...[['ECONNREFUSED', 'connect_refused'] as const, ['ETIMEDOUT', 'connect_timeout'] as const],
  ];

  describe.each(cases)('%s from connect is %s', (code, reason) => {
    it.each(['failAtOnce', 'failLate'] as const)('%s, with a name, an address, two of them, and TLS', async (how) => {
      calls[how]('connect', code);
      const both = { find: () => Promise.resolve(at('127.0.0.1', '127.0.0.2')) };
      for (const outcome of [
        await dial('ws://name:5000'),
        await dial('ws://127.0.0.1:5000'),
        await dial('ws://name:5000', both),
        await dial('wss://name:5000', both),
      ]) {
        expect(outcome).toMatchObject({ steps: ['tcp'], reason: { step: 'tcp', code: reason } });
      }
    });
  });

  it.each(['failAtOnce', 'failLate'] as const)('EPIPE from the upgrade write, %s, is upgrade_rejected', async (how) => {
    const peer = await silentTcp();
    undo.push(() => peer.close());
    for (const call of ['writeLatin1String', 'writeUtf8String', 'writeBuffer', 'writev']) calls[how](call, 'EPIPE');
    const { steps, reason } = await dial(peer.url);
    expect(steps).toEqual(['tcp', 'upgrade']);
    expect(reason).toMatchObject({ step: 'upgrade', code: 'upgrade_rejected' });
  });

  it('connects to the other address when an IPv6 address is unreachable', async () => {
    const gateway = await aGateway();
    calls.failAtOnce('connect6', 'ENETUNREACH');
    const find = () => Promise.resolve(at('::1', '127.0.0.1'));
    expect(await dial(`ws://name:${portOf(gateway)}`, { find })).toMatchObject({ reason: null });
  });

  it.each<[string, () => Promise<LookupAddress[]>]>([
    ['throws', () => { throw new Error('EMFILE'); }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('EAI_AGAIN'))],
    ['finds nothing', () => Promise.resolve([])],
    ['finds what is no address', () => Promise.resolve([{ address: 'odd', family: 7 }])],
  ])('a look-up that %s is dns_failed', async (_, find) => {
    expect(await dial('ws://name:5000', { find })).toMatchObject({
      steps: [],
      reason: { step: 'resolve', code: 'dns_failed' },
    });
  });

  it('a look-up that is never answered is dns_failed', async () => {
    const outcome = await dial('ws://name:5000', { find: () => new Promise(() => undefined), connectTimeoutMs: 50 });
    expect(outcome.reason).toMatchObject({
      code: 'dns_failed',
      message: 'The look-up of the name name was not answered in time',
    });
  });

  it('trusted authorities that cannot be read are tls_failed', async () => {
    const peer = await silentTcp();
    undo.push(() => peer.close());
    const { reason } = await dial(`wss://127.0.0.1:${peer.port}`, { bundle: '/nowhere/authorities.pem' });
    expect(reason).toMatchObject({ step: 'tls', code: 'tls_failed' });
    expect(reason?.message).toContain('the trusted authorities cannot be used');
  });

  it.each(['ws', 'wss'])('%s: fails when the connection is closed or reset as soon as it is open', async (scheme) => {
    const code = scheme === 'ws' ? 'upgrade_rejected' : 'tls_failed';
    const closing = await closesAtOnce();
    undo.push(() => closing.close());
    expect(await dial(`${scheme}://127.0.0.1:${closing.port}`)).toMatchObject({ reason: { code } });
    const resetting = await listening(createServer((socket) => socket.resetAndDestroy()));
    const { reason } = await dial(`${scheme}://127.0.0.1:${resetting}`);
    expect([code, 'unreachable']).toContain(reason?.code); // The reset may come before the connection is known to stand.
  });
});

describe('a dial to a host with several addresses', () => {
  it.each([
    ['the dead one first', ['127.0.0.9', '127.0.0.1']],
    ['the dead one last', ['127.0.0.1', '127.0.0.9']],
    ['dead ones on both sides', ['127.0.0.9', '127.0.0.1', '127.0.0.8']],
  ])('connects to the one that takes 400 ms to answer: %s', async (_, addresses) => {
    const gateway = await aGateway();
    calls.delayConnect({ '127.0.0.1': 400, '127.0.0.9': Infinity, '127.0.0.8': Infinity });
    const find = () => Promise.resolve(at(...addresses));
    expect(await dial(`ws://name:${portOf(gateway)}`, { find })).toMatchObject({ reason: null });
    expect(gateway.maxOpenConnections).toBe(1);
  });

  it('connects to the one that answers when another, a real one, does not', async () => {
    const dead = await blackHole();
    undo.push(() => dead.close());
    await listening(answeringUpgrades(), '127.0.0.2', dead.port);
    const find = () => Promise.resolve(at('127.0.0.1', '127.0.0.2'));
    const { reason } = await dial(`ws://name:${dead.port}`, { find });
    expect(reason).toMatchObject({ step: 'upgrade' }); // It came that far: it answers with another key.
  });

  it('reports connect_refused when one refuses and the others are unreachable', async () => {
    calls.failAtOnce('connect6', 'ENETUNREACH');
    const peer = await silentTcp();
    await peer.close();
    const find = () => Promise.resolve(at('::1', '127.0.0.1'));
    expect(await dial(`ws://name:${peer.port}`, { find })).toMatchObject({ reason: { code: 'connect_refused' } });
  });
});

describe('a dial that is cancelled after the upgrade was sent', () => {
  /** A gateway that has read the upgrade, and how it answers when the client has ended its side. */
  async function onEnd(answer: (socket: TcpSocket, key: string) => void) {
    let onAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (onAsked = resolve));
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.once('data', (request) => {
        const key = /sec-websocket-key: (\S+)/i.exec(request.toString())?.[1] ?? '';
        socket.once('end', () => answer(socket, key)).resume();
        onAsked();
      });
    });
    return { url: `ws://127.0.0.1:${await listening(server)}`, asked };
  }

  it('ends when the gateway ends its side, and not before', async () => {
    let held: TcpSocket | undefined;
    let isOver = false;
    const { url, asked } = await onEnd((socket) => (held = socket));
    const over = dial(url, { givenUp: asked, closeTimeoutMs: 60_000 }).then(() => (isOver = true));
    await eventually(() => expect(held).toBeDefined());
    expect(isOver).toBe(false);
    held?.end();
    await over;
  });

  it('is cut off when the gateway does not end its side', async () => {
    const { url, asked } = await onEnd(() => undefined);
    expect(await dial(url, { givenUp: asked, closeTimeoutMs: 20 })).toMatchObject({ reason: { step: 'upgrade' } });
  });

  it('does not open when the gateway agrees to the upgrade late', async () => {
    const { url, asked } = await onEnd((socket, key) => {
      socket.end(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
      );
    });
    const { steps } = await dial(url, { givenUp: asked, closeTimeoutMs: 60_000 });
    expect(steps.at(-1)).toBe('upgrade');
  });
});

describe('a dial to addresses that are not allowed', () => {
  const production = '10.0.0.0/8, fc00::/7';

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['169.254.1.1', '169.254.1.1'],
    ['::1', '::1'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
    ['64:ff9b::7f00:1', '64:ff9b::7f00:1'],
  ])('SEC-15: a name that resolves to %s is never dialled', async (address, named) => {
    const attempts: unknown[] = [];
    for (const call of ['connect', 'connect6']) calls.watch(call, (...rest) => attempts.push(rest));
    for (const scheme of ['ws', 'wss']) {
      const outcome = await dial(`${scheme}://name:5000`, {
        networks: production,
        find: () => Promise.resolve(at(address)),
      });
      expect(outcome).toEqual({
        steps: [],
        reason: {
          step: 'resolve',
          code: 'address_refused',
          message: `${named} is outside the allowed networks (GATEWAY_NETWORKS)`,
        },
      });
    }
    expect(attempts).toEqual([]);
  });

  it('SEC-15: an address in the URL is checked as well', async () => {
    for (const host of ['127.0.0.1', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]', '0x7f.1', '2130706433']) {
      const outcome = await dial(`ws://${host}:5000`, { networks: production });
      expect(outcome).toMatchObject({ steps: [], reason: { code: 'address_refused' } });
    }
  });

  it('SEC-15: the address that was checked is dialled, although the name resolves to another one a moment later', async () => {
    const dialled: unknown[] = [];
    calls.watch('connect', (_, address) => dialled.push(address));
    const answers = [at('127.0.0.2'), at('127.0.0.1')];
    const asked: string[] = [];
    const peer = await silentTcp();
    await peer.close();
    const find = (host: string) => {
      asked.push(host);
      return Promise.resolve(answers.shift() ?? []);
    };
    const { reason } = await dial(`ws://name:${peer.port}`, { networks: '127.0.0.2/32', find });
    expect(reason?.code).toBe('connect_refused');
    expect([asked, dialled]).toEqual([['name'], ['127.0.0.2']]);
  });

  it('SEC-15: of several addresses only those that are allowed are dialled', async () => {
    const dialled: unknown[] = [];
    calls.watch('connect', (_, address) => dialled.push(address));
    const peer = await silentTcp();
    await peer.close();
    const find = () => Promise.resolve(at('127.0.0.3', '127.0.0.2', '169.254.1.1', '::ffff:127.0.0.1'));
    await dial(`ws://name:${peer.port}`, { networks: '127.0.0.2/32', find });
    expect(dialled).toEqual(['127.0.0.2']);
  });
});

describe('a dial to a TLS server', () => {
  let certificates: TestCertificates;
  beforeAll(async () => (certificates = await testCertificates()));

  async function aTlsServer(options: TlsOptions): Promise<number> {
    const { key, cert } = certificates.valid;
    const server = createTlsServer({ key, cert, ...options }, (socket) => {
      socket.on('error', () => undefined).resume();
    });
    return listening(server.on('tlsClientError', () => undefined));
  }

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: reports that a client certificate is required', async (version) => {
    const { cert: ca } = certificates.authority;
    const port = await aTlsServer({ requestCert: true, ca, minVersion: version, maxVersion: version });
    const { reason } = await dial(`wss://127.0.0.1:${port}`, { tls: { ca } });
    expect(reason).toMatchObject({ step: 'tls', code: 'tls_failed' });
    expect(reason?.message).toContain('requires a client certificate');
  });

  it('requests and verifies a name that ends in a dot without the dot', async () => {
    const names: string[] = [];
    const port = await aTlsServer({
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    });
    const { steps } = await dial(`wss://localhost.:${port}`, {
      tls: { ca: certificates.authority.cert },
      connectTimeoutMs: 500,
    });
    expect(names).toEqual(['localhost']);
    expect(steps).toEqual(['tcp', 'tls', 'upgrade']);
  });

  it('opens', async () => {
    const { key, cert } = certificates.valid;
    const gateway = await aGateway({ tls: { key, cert } });
    const { reason, steps } = await dial(gateway.url, { tls: { ca: certificates.authority.cert } });
    expect([reason, steps]).toEqual([null, ['tcp', 'tls', 'upgrade', 'open']]);
  });
});

describe('a dial to a server that accepts the upgrade incorrectly', () => {
  it.each([
    [['Upgrade: h2c'], 'it switched to another protocol (Upgrade)'],
    [['Upgrade: websocket'], '(Sec-WebSocket-Accept)'],
    [['Upgrade: websocket', 'Sec-WebSocket-Accept: d3Jvbmc='], '(Sec-WebSocket-Accept)'],
    [['Upgrade: websocket', 'Sec-WebSocket-Accept: @', 'Sec-WebSocket-Protocol: '], '(Sec-WebSocket-Protocol)'],
    [['Upgrade: websocket', 'Sec-WebSocket-Accept: @', 'Sec-WebSocket-Protocol: x'], '(Sec-WebSocket-Protocol)'],
    [['Upgrade: websocket', 'Sec-WebSocket-Accept: @', 'Sec-WebSocket-Extensions: x'], '(Sec-WebSocket-Extensions)'],
  ])('with %j, reports what is wrong', async (headers, words) => {
    const port = await listening(answeringUpgrades(headers));
    const { reason } = await dial(`ws://127.0.0.1:${port}`);
    expect(reason).toMatchObject({ step: 'upgrade', code: 'upgrade_rejected' });
    expect(reason?.message).toContain(words);
  });
});

/** Agrees to every upgrade with these headers; `@` stands for the right answer to the key. */
function answeringUpgrades(headers: readonly string[] = ['Upgrade: websocket']): Server {
  return createHttpServer().on('upgrade', ({ headers: asked }: IncomingMessage, socket: TcpSocket) => {
    const lines = headers.map((line) => line.replace('@', acceptOf(asked['sec-websocket-key'] ?? '')));
    socket.end(['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', ...lines, '', ''].join('\r\n'));
  });
}
