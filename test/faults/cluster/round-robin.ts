import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * A load balancer for tests: gives each connection to the next server in turn, or to one after it if that one refuses. It reads nothing of what
 * passes, so a request that is under way when its server dies has no answer.
 */
export class RoundRobin {
  private readonly sockets = new Set<Socket>();
  private turn = 0;

  private constructor(
    private readonly server: Server,
    private readonly servers: () => readonly string[],
  ) {
    server.on('connection', (client) => void this.pass(client));
  }

  /** @param servers URLs of the servers at present, whether they run or not */
  static async listen(servers: () => readonly string[]): Promise<RoundRobin> {
    const server = createServer();
    const balancer = new RoundRobin(server, servers);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private async pass(client: Socket): Promise<void> {
    this.hold(client);
    const server = await this.reach();
    if (!server || client.destroyed) {
      server?.destroy();
      return void client.destroy();
    }
    this.hold(server);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  }

  /** Null if every server refuses. */
  private async reach(): Promise<Socket | null> {
    const servers = this.servers();
    this.turn += 1;
    for (const offset of servers.keys()) {
      const { hostname, port } = new URL(servers[(this.turn + offset) % servers.length] ?? '');
      const socket = connect(Number(port), hostname);
      try {
        await once(socket, 'connect');
        return socket;
      } catch {
        socket.destroy(); // The next one.
      }
    }
    return null;
  }

  private hold(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined); // `close` follows.
    socket.on('close', () => this.sockets.delete(socket));
  }
}
