import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from '../../src/embedded-postgres/free-port';
import type { TestCertificate } from './certificates';
import { eventually } from './eventually';

/** Where the Debian package puts it, which is not in the PATH of every user. */
const PROGRAMS = ['nats-server', '/usr/sbin/nats-server'];

let program: Promise<string | null> | undefined;

/** Whether a NATS server is installed. Says so if it is not. @throws Error if it is not, in CI */
export async function hasNatsServer(): Promise<boolean> {
  if ((await (program ??= findProgram())) !== null) return true;
  const line = 'nats-server was not found: it is in the Debian package `nats-server`';
  if (process.env['CI'] === 'true') throw new Error(line);
  process.stderr.write(`Skipped a suite: ${line}\n`);
  return false;
}

/** A real NATS server on a free port, with JetStream. */
export class NatsServer {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly settings: string,
    private child: ChildProcess,
  ) {}

  /**
   * @param others lines for its configuration file
   * @param certificate with which it accepts TLS only
   */
  static async start(others = '', certificate?: Pick<TestCertificate, 'key' | 'cert'>): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'gateway-hub-nats-'));
    let settings = others;
    if (certificate) {
      await writeFile(join(folder, 'key.pem'), certificate.key);
      await writeFile(join(folder, 'cert.pem'), certificate.cert);
      settings += `\ntls { key_file: "${join(folder, 'key.pem')}", cert_file: "${join(folder, 'cert.pem')}" }`;
    }
    const port = await findFreePort();
    return new NatsServer(folder, port, settings, await run(folder, port, settings));
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Kills it; what it kept in memory is lost. */
  async kill(): Promise<void> {
    this.signal('SIGCONT');
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.signal('SIGKILL');
    await ended;
  }

  /** Starts it again after `kill`, on the same port. */
  async startAgain(): Promise<void> {
    this.child = await run(this.folder, this.port, this.settings);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async destroy(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true });
  }
}

async function run(folder: string, port: number, settings: string): Promise<ChildProcess> {
  const config = `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}" }\n${settings}\n`;
  await writeFile(join(folder, 'nats.conf'), config);
  const child = spawn((await findProgram()) ?? '', ['--config', join(folder, 'nats.conf')], { stdio: 'ignore' });
  await once(child, 'spawn');
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
    } finally {
      socket.destroy();
    }
  });
  return child;
}

async function findProgram(): Promise<string | null> {
  for (const name of PROGRAMS) {
    try {
      await promisify(execFile)(name, ['--version']);
      return name;
    } catch {
      // The next one.
    }
  }
  return null;
}
