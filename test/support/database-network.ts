import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TestDatabase } from './database';

/** The network between the service and its database. It can be cut, or silently drop all traffic, as a dead firewall does. */
export class DatabaseNetwork {
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  private isSwallowing = false;

  private constructor(
    private readonly target: URL,
    private port: number,
  ) {}

  static async to(database: Pick<TestDatabase, 'url'>): Promise<DatabaseNetwork> {
    const network = new DatabaseNetwork(new URL(database.url), 0);
    await network.restore();
    return network;
  }

  /** URL of the database through this network. */
  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  /** Breaks every connection, and refuses new ones. */
  async cut(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = null;
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(server, 'close');
  }

  /** Silently drops all traffic from now on: on open connections, and on new ones unless `newOnes` is false. */
  swallow({ newOnes = true } = {}): void {
    this.isSwallowing = newOnes;
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Lets traffic pass again, on new connections only: open ones are closed. */
  async restore(): Promise<void> {
    await this.cut();
    this.isSwallowing = false;
    this.server = createServer((client) => this.pass(client));
    await once(this.server.listen(this.port, '127.0.0.1'), 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return this.cut();
  }

  private pass(client: Socket): void {
    if (this.isSwallowing) return this.hold(client);
    const server = connect(Number(this.target.port || 5432), this.target.hostname);
    this.hold(client, server);
    this.hold(server, client);
    client.pipe(server);
    server.pipe(client);
  }

  private hold(socket: Socket, other?: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined); // `close` follows.
    socket.on('close', () => {
      this.sockets.delete(socket);
      other?.destroy();
    });
  }
}
