import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** An address that can be dialled but is not a gateway. */
export interface Peer {
  /** `ws://127.0.0.1:<port>`, also for peers that are used with TLS. */
  readonly url: string;
  readonly port: number;
  /** Releases every socket, port and process. */
  close(): Promise<void>;
}

/** Answers every request, upgrades too, with this HTTP status. */
export function plainHttp(status: number): Promise<Peer> {
  return listen(createHttpServer((_request, response) => response.writeHead(status).end()));
}

/** Accepts and sends something, but not HTTP. */
export function notHttp(): Promise<Peer> {
  return listen(createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')));
}

/** Accepts, and closes at once without sending anything. */
export function closesAtOnce(): Promise<Peer> {
  return listen(createServer((socket) => socket.end()));
}

/** Accepts and reads, but sends nothing until the client ends: neither a TLS handshake nor an upgrade is answered. */
export function silentTcp(): Promise<Peer> {
  return listen(createServer());
}

/** Refuses connections. Meanwhile the system does not assign its port to anything else. */
export async function deadPort(): Promise<Peer> {
  const host = '127.0.0.1';
  const elsewhere = await silentTcp();
  // The local end of a connection occupies its port without listening on it.
  const owner = connect({ host, port: elsewhere.port, localAddress: host });
  await once(owner, 'connect');
  const port = owner.localPort ?? 0;
  const close = async (): Promise<void> => {
    owner.destroy();
    await elsewhere.close();
  };
  return { url: urlOf(port), port, close };
}

/** Speaks WebSocket until it has accepted the login, then sends a frame with an undefined opcode. */
export function breaksProtocol(): Promise<Peer> {
  const accept = Buffer.from('{"Type":"RTN_LOGIN","Data":{"Success":true}}');
  const server = createHttpServer().on('upgrade', ({ headers }: IncomingMessage, socket: Socket) => {
    const answer = acceptOf(headers['sec-websocket-key'] ?? '');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
    );
    socket.once('data', () => {
      socket.write(Buffer.concat([Buffer.from([0x81, accept.length]), accept]));
      socket.end(Buffer.from([0x83, 0x00]));
    });
  });
  return listen(server);
}

/** The `Sec-WebSocket-Accept` for the key of an upgrade: RFC 6455, section 4.2.2. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

export function urlOf(port: number): string {
  return `ws://127.0.0.1:${port}`;
}

async function listen(server: Server): Promise<Peer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // A client that hangs up; `close` follows.
    socket.once('close', () => sockets.delete(socket));
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { url: urlOf(port), port, close };
}
