import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** No other program uses it. */
const ADDRESS = '127.0.0.77';
const PORT = 53;

const HEADER_BYTES = 12;
const TYPE_A = 1;

const PROBE = `require('node:dgram').createSocket('udp4').on('error', () => process.exit(1)).bind(${PORT}, '${ADDRESS}', () => process.exit(0))`;

/** Why a program cannot use its own name server here; null if it can. */
export function whyNoNameServer(): string | null {
  if (spawnSync('unshare', ['-rm', 'true']).status !== 0) return 'mount namespaces are not permitted';
  return spawnSync(process.execPath, ['-e', PROBE]).status === 0 ? null : `port ${PORT} is not permitted`;
}

/** Answers queries for the names it was given with `tell`; never answers others. */
export class NameServer {
  readonly asked = new Set<string>();
  private readonly addresses = new Map<string, string>();

  private constructor(
    private readonly socket: Socket,
    private readonly folder: string,
  ) {
    socket.on('message', (query, { port, address }) => {
      const answer = this.answer(query);
      if (answer) socket.send(answer, port, address);
    });
  }

  static async start(): Promise<NameServer> {
    const socket = createSocket('udp4').bind(PORT, ADDRESS);
    await once(socket, 'listening');
    const folder = await mkdtemp(join(tmpdir(), 'gateway-hub-names-'));
    await writeFile(join(folder, 'resolv.conf'), `nameserver ${ADDRESS}\noptions timeout:30 attempts:1\n`);
    await writeFile(join(folder, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
    return new NameServer(socket, folder);
  }

  /** Command prefix that starts a program with this as its only name server. */
  get launcher(): string[] {
    const mounts = ['resolv.conf', 'nsswitch.conf'].map(
      (name) => `{ [ ! -e /etc/${name} ] || mount --bind ${join(this.folder, name)} /etc/${name}; }`,
    );
    return ['unshare', '-rm', 'sh', '-c', `${mounts.join(' && ')} && exec "$0" "$@"`];
  }

  /** From now on a name resolves to this IPv4 address. */
  tell(name: string, address: string): void {
    this.addresses.set(name, address);
  }

  async close(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
    await rm(this.folder, { recursive: true });
  }

  private answer(query: Buffer): Buffer | null {
    const labels: string[] = [];
    let at = HEADER_BYTES;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const name = labels.join('.');
    this.asked.add(name);
    const address = this.addresses.get(name);
    if (address === undefined) return null;

    const question = query.subarray(HEADER_BYTES, at + 5);
    const hasAnswer = query.readUInt16BE(at + 1) === TYPE_A;
    const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, hasAnswer ? 1 : 0, 0, 0, 0, 0]);
    query.copy(header, 0, 0, 2); // The query id.
    const record = Buffer.from([
      0xc0,
      HEADER_BYTES,
      0,
      TYPE_A,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      4,
      ...address.split('.').map(Number),
    ]);
    return Buffer.concat([header, question, ...(hasAnswer ? [record] : [])]);
  }
}
