import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TestDatabase } from '../../support/database';

/** A network between the service and its database that can swallow everything without a word, as a dead firewall does. */
export class QuietProxy {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** The database, through this network. */
    readonly url: string,
  ) {}

  static async to(database: Pick<TestDatabase, 'url'>): Promise<QuietProxy> {
    const target = new URL(database.url);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(database.url);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);

    const proxy = new QuietProxy(server, url.href);
    server.on('connection', (inner) => {
      const outer = connect(Number(target.port || 5432), target.hostname);
      for (const socket of [inner, outer]) {
        proxy.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => [inner, outer].forEach((each) => each.destroy()));
      }
      inner.pipe(outer);
      outer.pipe(inner);
    });
    return proxy;
  }

  /** From now on nothing passes on the connections that are open; nobody is told. New ones are fine. */
  swallow(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
