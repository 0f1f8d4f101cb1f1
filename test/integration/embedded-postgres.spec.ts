import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import type { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import type { EmbeddedPostgresEvent } from '../../src/embedded-postgres/keep-server';

const LAUNCHER = join(__dirname, '../../dist/src/embedded-postgres/embedded-postgres.js');
const PATIENCE_MS = 20_000;
jest.setTimeout(2 * PATIENCE_MS); // A cold start takes a second, and many on a busy machine.
const hasProc = existsSync('/proc/self');

/** Runs the launcher, as it was built, in a Node of its own: started, it prints what it got, and stays as long as it is told to. */
const PROGRAM = `
  const [dataDir, stays] = process.argv.slice(2);
  require(${JSON.stringify(LAUNCHER)}).startEmbeddedPostgres({ dataDir, ephemeral: true }).then(({ url, reused }) => {
    console.log(JSON.stringify({ url, reused }));
    if (stays) setInterval(() => undefined, 1000);
  });
`;

const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
const canBeNobody = isRoot && spawnSync('test', ['-r', LAUNCHER], NOBODY).status === 0;
const whenRoot = canBeNobody ? it : it.skip;
const whenProc = hasProc ? it : it.skip;
const whyNotRoot = canBeNobody ? '' : ' (skipped: needs root, and a checkout that every user can read)';

let scratch = '';
/** A directory with a cluster, shared by the tests that leave it in order: to make or copy one takes a second. */
let shared = '';
let directories = 0;
const servers: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

function emptyDirectory(): string {
  const path = join(scratch, `data-${(directories += 1)}`);
  mkdirSync(path);
  return path;
}

async function start(
  dataDir: string,
  onEvent?: (event: EmbeddedPostgresEvent) => void,
  ephemeral = true,
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ephemeral, ...(onEvent && { onEvent }) });
  servers.push(server);
  return server;
}

interface Launch {
  stays?: boolean;
  as?: typeof NOBODY;
  env?: NodeJS.ProcessEnv;
}

function launch(dataDir: string, { stays = true, as, env = {} }: Launch = {}) {
  const child = spawn(process.execPath, [join(scratch, 'launcher.cjs'), dataDir, ...(stays ? ['stays'] : [])], {
    ...as,
    env: { PATH: '/usr/bin:/bin', ...env },
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const started = new Promise<Pick<EmbeddedPostgres, 'url' | 'reused'>>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(JSON.parse(chunk.toString()) as EmbeddedPostgres));
    child.once('close', () => reject(new Error(errors)));
  });
  return { child, started };
}

/** The first value of the first row. */
async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

async function until(condition: () => unknown): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`still not true: ${condition.toString()}`);
    await sleep(20);
  }
}

/** Processes of PostgreSQL that work in the directory, backends included. */
function processesOf(dataDir: string): string[] {
  const cluster = join(realpathSync(dataDir), 'pgdata');
  if (!hasProc) {
    const all = execFileSync('ps', ['-A', '-ww', '-o', 'command='], { encoding: 'utf8' }).split('\n');
    return all.filter((command) => command.includes(cluster));
  }
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(cluster);
    } catch {
      return false; // Gone meanwhile, or another user's.
    }
  });
}

function postmasterPid(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'pgdata', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

async function isListening(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('startEmbeddedPostgres', () => {
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'embedded-postgres-'));
    chmodSync(scratch, 0o755);
    writeFileSync(join(scratch, 'launcher.cjs'), PROGRAM);
    shared = emptyDirectory();
    await (await start(shared)).stop();
  });

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await until(() => processesOf(scratch).length === 0);
  });

  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  describe('starting', () => {
    it('creates a private cluster in UTF-8 and UTC, with the database', async () => {
      const dataDir = join(emptyDirectory(), 'made', 'when missing');

      const server = await start(dataDir, undefined, false);

      expect(server.reused).toBe(false);
      expect(server.url).toMatch(/^postgres:\/\/gateway_hub:[\w-]{32}@127\.0\.0\.1:\d+\/gateway_hub$/);
      expect(await ask(server.url, 'SHOW server_encoding')).toBe('UTF8');
      expect(await ask(server.url, 'SHOW timezone')).toBe('UTC');
      expect(await ask(server.url, 'SHOW fsync')).toBe('on');
      expect(await ask(server.url, "SELECT upper('é') || gen_random_uuid()")).toMatch(/^É/);
      expect(statSync(join(dataDir, 'pgdata')).mode & 0o777).toBe(0o700);
      expect(statSync(join(dataDir, 'pgdata', 'gateway-hub-password')).mode & 0o777).toBe(0o600);
      expect(statSync(join(dataDir, 'postgres.log')).mode & 0o777).toBe(0o600);
      expect(readdirSync(dataDir).sort()).toEqual(['pgdata', 'postgres.log']);
    });

    it('finds its data and its password again', async () => {
      const dataDir = shared;
      const first = await start(dataDir);
      await ask(first.url, 'CREATE TABLE noted AS SELECT 42 AS answer');
      await first.stop();

      const second = await start(dataDir);

      expect(await ask(second.url, 'SELECT answer FROM noted')).toBe(42);
      expect(new URL(second.url).password).toBe(new URL(first.url).password);
    });

    it('turns off durability and allows more connections only for a throw-away cluster', async () => {
      const { url } = await start(shared);

      expect(await ask(url, 'SHOW fsync')).toBe('off');
      expect(await ask(url, 'SHOW max_connections')).toBe('200');
    });

    it('creates a database with any name', async () => {
      const dataDir = shared;
      servers.push(await startEmbeddedPostgres({ dataDir, database: 'Zoë "1"', ephemeral: true }));

      expect(await ask(servers[0]?.url ?? '', 'SELECT current_database()')).toBe('Zoë "1"');
    });

    it('replaces a pid file whose pid now belongs to another program', async () => {
      const dataDir = shared;
      const lines = [process.pid, join(dataDir, 'pgdata'), 1, 20_000, '', '127.0.0.1', '', 'ready', ''];
      writeFileSync(join(dataDir, 'pgdata', 'postmaster.pid'), lines.join('\n'), { mode: 0o600 });

      const server = await start(dataDir);

      expect(server.reused).toBe(false);
      expect(await ask(server.url, 'SELECT 1')).toBe(1);
    });

    it('removes the files of a launcher that was killed during initdb', async () => {
      const dataDir = emptyDirectory();
      const { pid } = spawnSync('true');
      mkdirSync(join(dataDir, `pgdata.init-${pid}-abc`, 'cluster'), { recursive: true });

      await start(dataDir);

      expect(readdirSync(dataDir).sort()).toEqual(['pgdata', 'postgres.log']);
    });

    it('refuses the cluster of another major version', async () => {
      const dataDir = emptyDirectory();
      mkdirSync(join(dataDir, 'pgdata'));
      writeFileSync(join(dataDir, 'pgdata', 'PG_VERSION'), '15\n');
      writeFileSync(join(dataDir, 'pgdata', 'gateway-hub-password'), 'secret');

      await expect(start(dataDir)).rejects.toThrow(/created by PostgreSQL 15, and this is \d+: .*DATABASE_URL/);
    });

    it('refuses a directory that holds something else', async () => {
      const dataDir = emptyDirectory();
      mkdirSync(join(dataDir, 'pgdata'));
      writeFileSync(join(dataDir, 'pgdata', 'thesis.txt'), '');

      await expect(start(dataDir)).rejects.toThrow(/not a cluster created by this service/);
      expect(readdirSync(join(dataDir, 'pgdata'))).toEqual(['thesis.txt']);
    });

    it('starts when a power failure has left an empty pid file', async () => {
      const pidFile = join(shared, 'pgdata', 'postmaster.pid');
      writeFileSync(pidFile, '');
      utimesSync(pidFile, new Date(0), new Date(0));

      const server = await start(shared);

      expect(await ask(server.url, 'SELECT 1')).toBe(1);
      await server.stop();
    });

    it('ignores environment variables that are meant for another PostgreSQL', async () => {
      const env = { PGSSLMODE: 'require', PGDATA: '/nowhere', PGPORT: '1', LC_ALL: 'xx_XX', TZ: 'Asia/Tokyo' };

      const { url } = await launch(shared, { env }).started;

      expect(await ask(url, 'SHOW timezone')).toBe('UTC');
    });
  });

  describe('stopping', () => {
    it('leaves no process and no port, however often it is called', async () => {
      const dataDir = shared;
      const server = await start(dataDir);
      expect(processesOf(dataDir)).not.toEqual([]);

      await Promise.all([server.stop(), server.stop()]);

      expect(processesOf(dataDir)).toEqual([]);
      expect(await isListening(server.url)).toBe(false);
      await server.stop();
    });

    it('ends the server when the process that launched it is killed', async () => {
      const dataDir = shared;
      const { child, started } = launch(dataDir);
      const { url } = await started;
      expect(await ask(url, 'SELECT 1')).toBe(1);

      child.kill('SIGKILL');

      await until(() => processesOf(dataDir).length === 0);
      expect(await isListening(url)).toBe(false);
      expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).toMatch(/database system is shut down\n$/);
    });

    it('does not keep Node alive, and ends with it', async () => {
      const dataDir = shared;
      const { child, started } = launch(dataDir, { stays: false });
      const ended = once(child, 'exit');

      await started;

      expect(await ended).toEqual([0, null]);
      await until(() => processesOf(dataDir).length === 0);
    });

    whenProc('is not triggered by Ctrl-C, because the server has its own process group', async () => {
      const dataDir = shared;
      await start(dataDir);
      const groupOf = (pid: number | 'self') => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2];

      expect(groupOf(postmasterPid(dataDir))).not.toBe(groupOf('self'));
    });

    whenProc('ends the server even when only its supervisor was killed', async () => {
      const dataDir = shared;
      const events: string[] = [];
      const server = await start(dataDir, ({ type }) => events.push(type));
      const status = readFileSync(`/proc/${postmasterPid(dataDir)}/status`, 'utf8');

      process.kill(Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]), 'SIGKILL');

      await until(() => events.includes('restarted'));
      expect(await ask(server.url, 'SELECT 1')).toBe(1);
      await server.stop();
      expect(processesOf(dataDir)).toEqual([]);
    });
  });

  describe('a server that dies', () => {
    it('comes back on the same port with its data', async () => {
      const dataDir = shared;
      const events: EmbeddedPostgresEvent[] = [];
      const server = await start(dataDir, (event) => events.push(event), false);
      await ask(server.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      const killed = postmasterPid(dataDir);

      process.kill(killed, 'SIGKILL');

      await until(() => events.some(({ type }) => type === 'restarted'));
      expect(events[0]).toEqual({ type: 'died' });
      expect(postmasterPid(dataDir)).not.toBe(killed);
      expect(await ask(server.url, 'SELECT answer FROM kept')).toBe(42);
    });

    it('is restarted once no backend of the dead one is busy any more', async () => {
      const dataDir = shared;
      const events: EmbeddedPostgresEvent[] = [];
      const server = await start(dataDir, (event) => events.push(event));
      const busy = ask(
        server.url,
        "DO $$ BEGIN WHILE (pg_stat_file('released', true)).size IS NULL LOOP END LOOP; END $$",
      ).catch(() => undefined);
      const isBusy = "SELECT count(*)::int FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'";
      await until(async () => (await ask(server.url, isBusy)) === 1);

      process.kill(postmasterPid(dataDir), 'SIGKILL');
      await until(() => events.some(({ type }) => type === 'restartFailed'));
      writeFileSync(join(dataDir, 'pgdata', 'released'), '');

      await until(() => events.some(({ type }) => type === 'restarted'));
      rmSync(join(dataDir, 'pgdata', 'released'));
      expect(events.find((event) => event.type === 'restartFailed')?.error.message).toContain('still in use');
      expect(await ask(server.url, 'SELECT 1')).toBe(1);
      await busy;
    });

    it('stays down when it is stopped during its restart', async () => {
      const dataDir = shared;
      const events: string[] = [];
      const server = await start(dataDir, ({ type }) => events.push(type));

      process.kill(postmasterPid(dataDir), 'SIGKILL');
      await until(() => events.includes('died'));
      await Promise.all([server.stop(), server.stop()]);

      expect(events).toEqual(['died']);
      await until(() => processesOf(dataDir).length === 0);
      expect(await isListening(server.url)).toBe(false);
    });
  });

  describe('two launchers on one directory', () => {
    it('share one server when they start at the same time', async () => {
      const dataDir = emptyDirectory();
      const other = launch(dataDir).started;

      const both = await Promise.all([other, start(dataDir), start(dataDir)]);

      expect(both.filter(({ reused }) => !reused)).toHaveLength(1);
      expect(new Set(both.map(({ url }) => url)).size).toBe(1);
      expect(await ask(both[0].url, 'SELECT 1')).toBe(1);
    });

    it('leave the server to the one that started it', async () => {
      const dataDir = shared;
      const owner = await start(dataDir);
      const guest = await start(dataDir);

      await guest.stop();

      expect([owner.reused, guest.reused]).toEqual([false, true]);
      expect(await ask(guest.url, 'SELECT 1')).toBe(1);
    });

    it('can take over from each other when the first is killed', async () => {
      const dataDir = shared;
      const { child, started } = launch(dataDir);
      await started;

      child.kill('SIGKILL');
      await once(child, 'exit');
      const successor = await start(dataDir);

      expect(successor.reused).toBe(false);
      expect(await ask(successor.url, 'SELECT 1')).toBe(1);
    });
  });

  describe(`users${whyNotRoot}`, () => {
    const directoryOf = (owner: typeof NOBODY): string => {
      const dataDir = emptyDirectory();
      chownSync(dataDir, owner.uid, owner.gid);
      return dataDir;
    };

    /** An environment where `unshare` cannot be found, as if the machine had no user namespaces. */
    const withoutNamespaces = (): NodeJS.ProcessEnv => {
      const bin = emptyDirectory();
      for (const name of ['sh', 'chown']) {
        symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(bin, name));
      }
      return { PATH: bin };
    };

    whenRoot('an ordinary user runs the server as itself', async () => {
      const dataDir = directoryOf(NOBODY);

      const { url } = await launch(dataDir, { as: NOBODY }).started;

      expect(await ask(url, 'SELECT 1')).toBe(1);
      expect(statSync(join(dataDir, 'pgdata')).uid).toBe(NOBODY.uid);
    });

    whenRoot("an ordinary user is told that the cluster is root's", async () => {
      const dataDir = shared;

      await expect(launch(dataDir, { as: NOBODY }).started).rejects.toThrow(/belongs to another user \(uid 0/);
    });

    whenRoot('root becomes an ordinary user where there are no user namespaces', async () => {
      const dataDir = emptyDirectory();
      execFileSync('cp', ['-a', join(shared, 'pgdata'), dataDir]);

      const { url } = await launch(dataDir, { env: withoutNamespaces() }).started;

      expect(await ask(url, 'SELECT 1')).toBe(1);
      expect(statSync(join(dataDir, 'pgdata')).uid).not.toBe(0);
    });

    whenRoot("root takes over an ordinary user's cluster without owning it", async () => {
      const dataDir = directoryOf(NOBODY);
      const { child, started } = launch(dataDir, { as: NOBODY });
      await started;
      child.kill('SIGKILL');

      const { url, reused } = await start(dataDir);

      expect(reused).toBe(false);
      expect(await ask(url, 'SELECT 1')).toBe(1);
      expect(statSync(join(dataDir, 'pgdata', 'PG_VERSION')).uid).toBe(NOBODY.uid);
    });

    whenRoot('root is told what to set when an ordinary user cannot reach the directory', async () => {
      const dataDir = emptyDirectory();
      chmodSync(dataDir, 0o700);

      const { started } = launch(dataDir, { env: withoutNamespaces() });

      await expect(started).rejects.toThrow(/cannot access .*DATA_DIR.*DATABASE_URL/);
    });
  });
});
