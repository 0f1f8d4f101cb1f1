import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { reset } from './reset';

/** A client that asks to speak WebSocket and has not been answered yet. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

// Thousands of clients may come back in the same instant. The system caps this at its own limit.
const BACKLOG = 4096;

/** One listening port. Can be stopped and started again, and then has the same port. */
export class Listener {
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;

  /** @param port 0 takes any free one. */
  constructor(
    private readonly host: string,
    private port: number,
    private readonly onUpgrade: (upgrade: Upgrade) => void,
  ) {}

  /** For example `ws://127.0.0.1:5001`. */
  get url(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `ws://${host}:${this.port}`;
  }

  /** @throws the system's error when the port is taken or not allowed. */
  async start(): Promise<void> {
    if (this.server) return;
    const server = createServer((_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', connection: 'close' }).end('Upgrade Required');
    });
    this.server = server;
    server.on('connection', (socket: Socket) => this.track(socket));
    server.on('upgrade', (request, _stream, head) => this.onUpgrade({ request, socket: request.socket, head }));

    try {
      server.listen({ host: this.host, port: this.port, backlog: BACKLOG });
      await once(server, 'listening');
    } catch (error) {
      this.server = null;
      throw error;
    }
    // A failing `accept`, for want of file descriptors say, is the client's to notice.
    server.on('error', ignore);
    this.port = (server.address() as AddressInfo).port;
  }

  /** Refuses connections from now on, and resets those that are open. */
  async stop(): Promise<void> {
    const server = this.server;
    if (!server) return;
    this.server = null;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.sockets) reset(socket);
    await closed;
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.on('error', ignore);
  }
}

function ignore(): void {
  // A socket that fails also closes, and that is where it is dealt with.
}
