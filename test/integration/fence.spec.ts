import { AllowedNetworks, DialNetworks, listOf, networksOf } from '../../src/common/allowed-networks';
import { HostResolver } from '../../src/gateway-client/transport/host-resolver';
import { ReadBudget } from '../../src/gateway-client/transport/read-budget';
import { TlsTrust } from '../../src/gateway-client/transport/tls-trust';
import type { Socket, SocketEnd } from '../../src/gateway-client/transport/transport';
import { WsTransport } from '../../src/gateway-client/transport/ws.transport';
import { once } from 'node:events';
import type { AddressInfo, BlockList } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { eventually } from '../support/eventually';

/** One socket to a server that notes all that it is sent. */
describe('the fence of a socket', () => {
  let isAllowed: boolean;
  let server: WebSocketServer;
  let peer: WebSocket;
  let socket: Socket;
  let url: string;
  let ends: SocketEnd[];
  let heard: string[];
  /** What reached the server. */
  let received: string[];

  const narrowed = new Map<string, BlockList>();
  const transport = new WsTransport({
    resolver: new HostResolver(2),
    networks: new DialNetworks(new AllowedNetworks(networksOf('127.0.0.0/8')), narrowed),
    trust: new TlsTrust(undefined),
    settings: { connectTimeoutMs: 5000, closeTimeoutMs: 300, maxMessageBytes: 1e6 },
    budget: new ReadBudget(1e9),
    fence: { mayAct: (gatewayId) => isAllowed && gatewayId === 'a gateway' },
  });
  const open = () =>
    transport.open(
      { url, tls: null, gatewayId: 'a gateway', organizationId: 'an organization' },
      {
        onOpen: () => heard.push('open'),
        onMessage: (data) => heard.push(data.toString()),
        onMessageBegins: () => undefined,
        onPing: () => heard.push('ping'),
        onPong: () => heard.push('pong'),
        onClosing: () => heard.push('closing'),
        onClose: (end) => ends.push(end),
      },
    );

  beforeEach(async () => {
    [isAllowed, ends, heard, received] = [true, [], [], []];
    narrowed.clear();
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connected = once(server, 'connection') as Promise<[WebSocket]>;
    socket = open();
    [peer] = await connected;
    peer.on('message', (data) => received.push((data as Buffer).toString()));
    peer.on('ping', () => received.push('ping'));
    peer.on('pong', () => received.push('pong'));
    peer.on('close', (code) => received.push(`closed ${code}`));
    await eventually(() => expect(heard).toEqual(['open']));
  });
  afterEach(async () => {
    socket.terminate();
    const closed = once(server, 'close');
    server.close();
    await closed;
  });

  it('lets everything pass while it is open', async () => {
    expect(socket.send('hello')).toBe(true);
    socket.ping();
    peer.ping();
    peer.send('news');
    await eventually(() => expect([...received].sort()).toEqual(['hello', 'ping', 'pong']));
    await eventually(() => expect([...heard].sort()).toEqual(['news', 'open', 'ping', 'pong']));
    socket.close();
    await eventually(() => expect(received.at(-1)).toBe('closed 1000'));
  });

  it.each<[string, () => unknown]>([
    ['a message is to be sent', () => socket.send('hello')],
    ['a ping is to be sent', () => socket.ping()],
    ['it is to be closed', () => socket.close()],
    ['the gateway sends a message', () => peer.send('news')],
    ['the gateway pings', () => peer.ping()],
    ['the gateway closes', () => peer.close(1000)],
  ])('once it is shut, ends the socket without sending anything when %s', async (_case, act) => {
    isAllowed = false;
    act();
    await eventually(() => expect(ends).toHaveLength(1));
    await eventually(() => expect(received).toEqual(['closed 1006']));
    expect(heard).toEqual(['open']);
    expect(socket.send('hello')).toBe(false);
  });

  it('SEC-15: ends a socket at once when its organization has other networks, and says why', async () => {
    narrowed.set('an organization', listOf(networksOf('127.0.0.0/8')));
    socket.checkAddress();
    expect(socket.send('hello')).toBe(true);
    narrowed.set('an organization', listOf(networksOf('10.0.0.0/8')));
    socket.checkAddress();
    expect(socket.send('more')).toBe(false);
    await eventually(() => expect(ends).toHaveLength(1));
    expect(ends).toMatchObject([{ opened: true, code: 'address_refused' }]);
    await eventually(() => expect(received).toEqual(['hello', 'closed 1006']));
    socket.checkAddress(); // After the end, too.
  });

  it('SEC-15: sends nothing to a gateway whose organization got other networks while it was dialled', async () => {
    const accepted = once(server, 'connection') as Promise<[WebSocket]>;
    server.once('headers', () => narrowed.set('an organization', listOf(networksOf('10.0.0.0/8'))));
    heard = [];
    open();
    const [other] = await accepted;
    other.on('message', (data) => received.push((data as Buffer).toString()));
    await eventually(() => expect(ends).toMatchObject([{ code: 'address_refused' }]));
    expect([heard, received]).toEqual([[], []]);
    socket.terminate();
    await eventually(() => expect(ends).toHaveLength(2));
  });

  it('dials nothing while it is shut', async () => {
    isAllowed = false;
    const accepted = jest.fn();
    server.on('connection', accepted);
    const other = open();
    await eventually(() => expect(ends).toMatchObject([{ opened: false, reason: { code: 'connection_lost' } }]));
    expect(other.send('hello')).toBe(false);
    expect(accepted).not.toHaveBeenCalled();
  });
});
