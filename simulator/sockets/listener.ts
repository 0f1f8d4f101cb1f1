import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { reset } from './reset';
import type { Wire } from './wire';

/** An unanswered WebSocket upgrade request. */
export interface Upgrade extends Wire {
  readonly request: IncomingMessage;
  readonly head: Buffer;
}

/** Certificate and private key of a TLS server, in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

// Thousands of clients may reconnect at once. The system caps this at its own limit.
const BACKLOG = 4096;

/** One listening port, with or without TLS. It keeps its port number when it is stopped and started again. */
export class Listener {
  private readonly wires = new Map<Socket, Wire>();
  private server: Server | null = null;
  private secureContext: SecureContext | null;

  /**
   * @param port 0 picks a free port
   * @param certificate null disables TLS
   * @throws OpenSSL's error if key or certificate is invalid, or they do not match
   */
  constructor(
    private readonly host: string,
    private port: number,
    certificate: Certificate | null,
    private readonly onUpgrade: (upgrade: Upgrade) => void,
  ) {
    this.secureContext = certificate && createSecureContext(certificate);
  }

  /** For example `ws://127.0.0.1:5001`, or `wss://` with TLS. */
  get url(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `${this.secureContext ? 'wss' : 'ws'}://${host}:${this.port}`;
  }

  /**
   * Sets the certificate for later handshakes.
   * @throws Error without TLS, or OpenSSL's error if the certificate is invalid
   */
  setCertificate(certificate: Certificate): void {
    if (!this.secureContext) throw new Error('this port has no TLS');
    this.secureContext = createSecureContext(certificate);
  }

  /** @throws the system's error when the port is taken or not allowed. */
  async start(): Promise<void> {
    if (this.server) return;
    const server = this.secureContext ? this.createTlsServer() : this.createPlainServer();
    this.server = server;

    try {
      server.listen({ host: this.host, port: this.port, backlog: BACKLOG });
      await once(server, 'listening');
    } catch (error) {
      this.server = null;
      throw error;
    }
    // `accept` can fail, for example for lack of file descriptors. The client notices it.
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
    for (const wire of this.wires.values()) reset(wire);
    await closed;
  }

  private createPlainServer(): Server {
    const http = this.createHttp();
    return http.on('connection', (tcp: Socket) => this.track({ stream: tcp, tcp }));
  }

  // Not `https`: it has no public way from a TLS socket to its TCP socket, and only TCP can be reset.
  private createTlsServer(): Server {
    const http = this.createHttp();
    return createTcpServer({ allowHalfOpen: true, noDelay: true }, (tcp) => {
      const stream = new TLSSocket(tcp, { isServer: true, secureContext: this.secureContext ?? undefined });
      this.track({ stream, tcp });
      http.emit('connection', stream);
    });
  }

  private createHttp() {
    const http = createHttpServer((_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', connection: 'close' }).end('Upgrade Required');
    });
    return http.on('upgrade', (request, _stream, head) => {
      const wire = this.wires.get(request.socket);
      if (wire) this.onUpgrade({ ...wire, request, head });
    });
  }

  private track(wire: Wire): void {
    this.wires.set(wire.stream, wire);
    wire.tcp.once('close', () => this.wires.delete(wire.stream));
    wire.tcp.on('error', ignore);
    wire.stream.on('error', ignore);
  }
}

function ignore(): void {
  // A socket that fails also emits `close`, which handles it.
}
