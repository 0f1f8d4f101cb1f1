import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import supertest from 'supertest';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway } from '../support/builders';
import { createDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { processesAbout, Program } from '../support/program';

const KEY = Buffer.alloc(32, 5).toString('base64');
const LISTENING = /listening on (http:\/\/\S+?),/;

describe('the service as a process', () => {
  const programs: Program[] = [];
  const devices: SimulatedGateway[] = [];
  /** A data directory with a database in it: to copy one is much faster than to make it. */
  let usedDataDir: string;
  let dataDir: string;

  const useDatabase = () => promisify(execFile)('cp', ['-a', join(usedDataDir, 'pgdata'), dataDir]);
  const run = (name: string, variables: Record<string, string> = {}, args: string[] = []): Program => {
    const program = new Program(name, { DATA_DIR: dataDir, PORT: '0', ...variables }, args);
    programs.push(program);
    return program;
  };
  const aDevice = async (): Promise<SimulatedGateway> => {
    const device = await SimulatedGateway.listen();
    devices.push(device);
    return device;
  };
  const startWithGateway = async (variables: Record<string, string> = {}) => {
    const program = run('main.js', variables);
    const url = (await program.prints(LISTENING))[1] ?? '';
    const http = supertest.agent(url);
    const device = await aDevice();
    const gateway = await createGateway(http, await createFactory(http), device);
    await eventually(() => http.get(`/api/gateways/${gateway.id}/status`).expect(200, /"state":"connected"/));
    return { program, url, device, gateway };
  };

  beforeAll(async () => {
    usedDataDir = await mkdtemp(join(tmpdir(), 'gateway-hub-used-'));
    await (await startEmbeddedPostgres({ dataDir: usedDataDir, ephemeral: true })).stop();
  });
  afterAll(() => rm(usedDataDir, { recursive: true }));
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gateway-hub-process-'));
  });
  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.destroy()));
    await Promise.all(devices.splice(0).map((device) => device.close()));
    await eventually(() => expect(processesAbout(dataDir)).toEqual([]));
    await rm(dataDir, { recursive: true, force: true });
  });

  it('API-01: needs nothing but Node: it starts its own PostgreSQL, and only the owner can read its key', async () => {
    const { program } = await startWithGateway();
    expect(program.output).toContain('created a development key');
    expect(program.output).not.toMatch(/InstanceLoader|RoutesResolver|RouterExplorer|dependencies initialized/);
    expect(program.output).not.toMatch(/permission denied/);
    expect((await stat(join(dataDir, 'encryption.key'))).mode & 0o777).toBe(0o600);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'ends cleanly on %s: sessions closed with 1000, times stored, exit code 0',
    async (signal) => {
      await useDatabase();
      const { program, device, gateway } = await startWithGateway();

      program.kill(signal);

      expect(await program.exit()).toBe(0);
      expect(device.closes).toMatchObject([{ code: 1000 }]);
      expect(device.received.at(-1)).toBe('POST_UNSUB_CHANGES');
      const again = run('main.js');
      const url = (await again.prints(LISTENING))[1] ?? '';
      const { body } = (await supertest(url).get(`/api/gateways/${gateway.id}`).expect(200)) as {
        body: { last_seen_at: string | null };
      };
      expect(body.last_seen_at).not.toBeNull();
    },
  );

  it('ends just as cleanly when Ctrl-C reaches every process of its group, twice', async () => {
    await useDatabase();
    const { program, device } = await startWithGateway();
    program.killGroup('SIGINT');
    program.kill('SIGINT'); // As npm does, which hands on what the terminal has sent already.
    expect(await program.exit()).toBe(0);
    expect(device.closes).toMatchObject([{ code: 1000 }]);
  });

  it('LIFECYCLE-04: leaves no database process when it is killed, and reconnects its gateway after the next start', async () => {
    await useDatabase();
    const { program, device, gateway } = await startWithGateway();

    program.kill('SIGKILL');
    await program.exit();
    await eventually(() => expect(processesAbout(dataDir)).toEqual([]));

    const url = (await run('main.js').prints(LISTENING))[1] ?? '';
    await eventually(() =>
      supertest(url)
        .get(`/api/gateways/${gateway.id}/status`)
        .expect(200, /"state":"connected"/),
    );
    expect(device.maxOpenConnections).toBe(1);
  });

  it('keeps its sessions when its database is killed, and works again when it is back', async () => {
    await useDatabase();
    const { url, device, gateway } = await startWithGateway();
    const postmaster = processesAbout(join(dataDir, 'pgdata')).find((line) => line.includes('/postgres -D'));
    process.kill(Number(postmaster?.split(' ')[0]), 'SIGKILL');

    await supertest(url)
      .get(`/api/gateways/${gateway.id}/status`)
      .expect(200, /"state":"connected"/);
    await eventually(
      () => supertest(url).put(`/api/gateways/${gateway.id}`).send({ name: 'Renamed' }).expect(200),
      20_000,
    );
    await eventually(() => supertest(url).get('/api/health/ready').expect(200), 20_000);
    expect(device.logins).toHaveLength(1);
  });

  it.each([
    ['a wrong value', { PORT: 'http' }, /PORT: must be a whole number/],
    ['a malformed key', { ENCRYPTION_KEY: 'hunter2' }, /ENCRYPTION_KEY: must be base64/],
    [
      'production without a key',
      { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/x' },
      /ENCRYPTION_KEY: is required/,
    ],
    ['production without a database', { NODE_ENV: 'production', ENCRYPTION_KEY: KEY }, /DATABASE_URL: is required/],
    ['no database there', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/x' }, /ECONNREFUSED/],
  ])('CRYPTO-03: %s prevents the start, and the message names it', async (_, variables, message) => {
    const program = run('main.js', variables);
    expect(await program.exit()).toBe(1);
    expect(program.output).toMatch(message);
    expect(program.output).not.toContain('hunter2');
  });

  it('warns at its start when the database server is not verified, unless it is on this machine', async () => {
    const database = await createDatabase();
    const outputWith = async (host: string) => {
      const url = new URL(database.url);
      url.hostname = host;
      url.search = 'sslmode=prefer';
      const program = run('main.js', { DATABASE_URL: url.href, ENCRYPTION_KEY: KEY });
      await program.prints(LISTENING);
      program.kill('SIGTERM');
      expect(await program.exit()).toBe(0);
      return program.output;
    };

    // Leads to this machine as well, and is no address of it.
    expect(await outputWith('0.0.0.0')).toMatch(/WARN.*the identity of the database server is not verified/);
    expect(await outputWith('127.0.0.1')).not.toContain('is not verified');
    await database.drop();
  });

  it('DB-02: the database commands migrate, seed repeatedly, revert and reset; production rejects a reset', async () => {
    const database = await createDatabase();
    const db = async (command: string, variables: Record<string, string> = {}) => {
      const program = run('cli/db.js', { DATABASE_URL: database.url, ...variables }, [command]);
      return { code: await program.exit(), output: program.output };
    };
    const count = async () => {
      const client = new Client({ connectionString: database.url });
      await client.connect();
      const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM gateways');
      await client.end();
      return Number(rows[0]?.count);
    };

    expect(await db('migrate')).toMatchObject({ code: 0, output: expect.stringContaining('up to date') as string });
    await db('seed');
    expect(await db('seed')).toMatchObject({ code: 0 });
    expect(await count()).toBe(6);
    const refused = await db('reset', { NODE_ENV: 'production', ENCRYPTION_KEY: KEY });
    expect(refused).toMatchObject({ code: 2, output: expect.stringContaining('does not run in production') as string });
    expect(await count()).toBe(6);
    expect(await db('reset')).toMatchObject({ code: 0 });
    expect(await count()).toBe(0);
    expect((await db('revert')).output).toContain('Reverted DropSensorKeysOfReadings');
    expect(await db('nonsense')).toMatchObject({ code: 2 });
    await database.drop();
  });

  it('CRYPTO-01: keys:rotate re-encrypts every password with the new key, disturbs no session, and names what is left', async () => {
    const newKey = Buffer.alloc(32, 6).toString('base64');
    const database = await createDatabase();
    const service = await startWithGateway({ DATABASE_URL: database.url, ENCRYPTION_KEY: KEY });
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const sealed = async () =>
      (await client.query<{ password_encrypted: string }>('SELECT password_encrypted FROM gateways')).rows[0]
        ?.password_encrypted;
    const before = await sealed();
    const rotate = async (previous: string) => {
      const variables = { DATABASE_URL: database.url, ENCRYPTION_KEY: newKey, ENCRYPTION_PREVIOUS_KEYS: previous };
      const program = run('cli/keys-rotate.js', variables);
      return { code: await program.exit(), output: program.output };
    };

    expect(await rotate('')).toMatchObject({ code: 1, output: expect.stringContaining(service.gateway.id) as string });
    expect(await sealed()).toBe(before);
    expect(await rotate(KEY)).toMatchObject({
      code: 0,
      output: expect.stringContaining('Re-encrypted 1 passwords') as string,
    });
    expect(await sealed()).not.toBe(before);
    expect(await rotate('')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Re-encrypted 0 passwords') as string,
    });

    service.program.kill('SIGTERM');
    await service.program.exit();
    expect(service.device.logins).toHaveLength(1);
    const again = run('main.js', { DATABASE_URL: database.url, ENCRYPTION_KEY: newKey });
    await again.prints(LISTENING);
    await eventually(() => expect(service.device.logins).toHaveLength(2));
    expect(service.device.logins.at(-1)).toMatchObject({ accepted: true });
    await client.end();
    await again.destroy();
    await database.drop();
  });

  it('the demo brings six gateways online, stores readings, repairs the one that misbehaves, and ends with Ctrl-C', async () => {
    const program = run('../demo/main.js');
    await eventually(() => expect(program.output.match(/→ connected/g)).toHaveLength(6), 60_000);
    const [, waveform = ''] = await program.prints(/curl -s -o waveform\.npy '(\S+)'/);
    const npy = Buffer.from(await (await fetch(waveform)).arrayBuffer());
    expect(npy.subarray(0, 6).toString('latin1')).toBe('\x93NUMPY');
    const [, picture = ''] = await program.prints(/A picture of it: (\S+)/);
    expect(await (await fetch(picture)).text()).toContain('<svg ');
    const [, readings = ''] = await program.prints(/curl -s '(\S+\/api\/readings\?\S+)'/);
    await eventually(async () => expect(await (await fetch(readings)).json()).toMatchObject({ data: [{}, {}, {}] }));
    await program.prints(/connected → reconnecting {2}connection_lost[^]*authenticating → connected/);
    program.killGroup('SIGINT');
    expect(await program.exit()).toBe(0);
  });
});
