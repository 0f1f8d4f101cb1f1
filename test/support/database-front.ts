import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TestCertificate } from './certificates';

const TLS_REQUEST = 80_877_103;
/** `BackendKeyData`, up to the process id. */
const BACKEND_KEY = Buffer.from([0x4b, 0, 0, 0, 12]);
/** Start-up parameters that a pooler accepts by default. */
const ACCEPTED = ['user', 'database', 'client_encoding', 'datestyle', 'timezone', 'standard_conforming_strings'];
ACCEPTED.push('application_name');

/**
 * A proxy between the service and its database, such as a pooler. It speaks TLS if it has a certificate, and refuses connections
 * with start-up parameters that a pooler does not accept.
 */
export class DatabaseFront {
  /** Parameters of each start-up message, in order of arrival. */
  readonly startUps: Record<string, string>[] = [];
  /** How many connections were encrypted. */
  encrypted = 0;
  /** Whether all connections appear to reach one server process, as behind a pooler in transaction mode. */
  isShared = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly target: URL,
    private readonly server: Server,
    private readonly certificate: TestCertificate | null,
  ) {}

  static async to({ url }: { url: string }, certificate: TestCertificate | null = null): Promise<DatabaseFront> {
    const server = createServer();
    const front = new DatabaseFront(new URL(url), server, certificate);
    server.on('connection', (socket) => front.accept(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return front;
  }

  /** URL of the database through this proxy. @param query such as `sslmode=require` */
  url(query = '', host = '127.0.0.1'): string {
    const url = new URL(this.target);
    url.host = `${host}:${(this.server.address() as AddressInfo).port}`;
    url.search = query;
    return url.href;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    this.hold(client);
    client.once('data', (packet) => {
      if (packet.readInt32BE(4) !== TLS_REQUEST) return this.begin(client, packet);
      client.write(this.certificate ? 'S' : 'N');
      if (!this.certificate) return client.once('data', (next) => this.begin(client, next));
      const encrypted = new TLSSocket(client, { isServer: true, ...this.certificate });
      this.hold(encrypted);
      encrypted.once('data', (next: Buffer) => {
        this.encrypted += 1;
        this.begin(encrypted, next);
      });
    });
  }

  private begin(client: Socket, packet: Buffer): void {
    const fields = packet.subarray(8).toString().split('\0');
    const parameters: Record<string, string> = {};
    for (let i = 0; fields[i]; i += 2) parameters[fields[i] ?? ''] = fields[i + 1] ?? '';
    this.startUps.push(parameters);
    const unknown = Object.keys(parameters).find((name) => !ACCEPTED.includes(name.toLowerCase()));
    if (unknown !== undefined) return void client.end(refusal(`unsupported startup parameter: ${unknown}`));

    const server = connect(Number(this.target.port), this.target.hostname);
    this.hold(server);
    server.write(packet);
    client.pipe(server);
    if (this.isShared)
      server
        .on(
          'data',
          sharing((data) => client.write(data)),
        )
        .on('end', () => client.end());
    else server.pipe(client);
  }

  private hold(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined); // `close` follows.
    socket.on('close', () => this.sockets.delete(socket));
  }
}

/** Replaces the server's process ids, as a pooler does: by 1 at the login, and by the same id on all connections in later answers. */
function sharing(handOn: (data: Buffer) => void): (data: Buffer) => void {
  let pid = '';
  return (data) => {
    const key = data.indexOf(BACKEND_KEY);
    if (pid === '' && key >= 0) {
      pid = String(data.readInt32BE(key + BACKEND_KEY.length));
      data.writeInt32BE(1, key + BACKEND_KEY.length);
    } else if (pid !== '') {
      data = Buffer.from(data.toString('latin1').replaceAll(pid, '9'.repeat(pid.length)), 'latin1');
    }
    handOn(data);
  };
}

function refusal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`);
  const head = Buffer.from('E0000');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
