import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDatabaseUrl } from '../../src/config/database-url';
import { DatabaseClient } from '../../src/database/database-client';
import { createFactory, createGateway } from '../support/builders';
import { testCertificates } from '../support/certificates';
import { start } from '../support/create-app';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { DatabaseFront } from '../support/database-front';
import { silentTcp } from '../support/peers';
import supertest from 'supertest';
import { SideConnection } from './support/side-connection';

/** Variables that would change every connection, or prevent it, if they counted. */
const HOSTILE_SHELL = {
  PGHOST: 'nowhere.invalid',
  PGPORT: '1',
  PGUSER: 'nobody',
  PGPASSWORD: 'wrong',
  PGDATABASE: 'none',
  PGSSLMODE: 'require',
  PGSSLNEGOTIATION: 'direct',
  PGOPTIONS: '-c no_such_setting=1',
  PGAPPNAME: 'somebody else',
  PGCLIENTENCODING: 'LATIN1',
  PGREPLICATION: 'database',
  PGBINARY: '1',
  PGCONNECT_TIMEOUT: '1',
  PGPASSFILE: '/nowhere',
};

interface Registered {
  created_at: string;
  metadata: unknown;
}

let database: TestDatabase;
let watcher: SideConnection;

beforeAll(async () => {
  database = await createDatabase();
  watcher = await SideConnection.open(database);
});

afterAll(async () => {
  await watcher.close();
  await database.drop();
});

/** Connects, asks for one value, and hangs up. */
async function ask(url: string, sql: string): Promise<unknown> {
  const client = new DatabaseClient({ address: parseDatabaseUrl(url), connectTimeoutMs: 5000 });
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

/** Registers a gateway through a service, and gives what the service says of it. */
async function registerThrough(url: string): Promise<Registered> {
  const app = await start({ ...database, url });
  try {
    const http = supertest.agent(await app.getUrl());
    const factory = await createFactory(http);
    const { id } = await createGateway(http, factory, null, {
      desired_state: 'disconnected',
      metadata: { path: 'C:\\new\\table' },
    });
    const { body } = (await http.get(`/api/gateways/${id}`).expect(200)) as { body: Registered };
    return body;
  } finally {
    await app.close();
  }
}

describe('a connection to the database', () => {
  it('ignores the environment variables of the shell', async () => {
    const shell = jest.replaceProperty(process, 'env', HOSTILE_SHELL);
    try {
      expect(await ask(database.url, 'SELECT current_database()::text')).toBe(database.name);
      expect(await ask(database.url, 'SHOW application_name')).toBe('gateway-hub');
      await registerThrough(database.url);
    } finally {
      shell.restore();
    }
  });

  it('sends no startup parameter that a pooler rejects, for the pool, the lock and the migrations', async () => {
    const front = await DatabaseFront.to(database);
    try {
      await registerThrough(front.url());
      expect(front.startUps.length).toBeGreaterThan(2);
      for (const parameters of front.startUps) {
        expect(Object.keys(parameters).sort()).toEqual(['client_encoding', 'database', 'user']);
      }
    } finally {
      await front.close();
    }
  });

  it('is rejected at the start behind a pooler that shares connections between transactions', async () => {
    const front = await DatabaseFront.to(database);
    front.isShared = true;
    try {
      await expect(registerThrough(front.url())).rejects.toThrow(/shares connections between transactions/);
    } finally {
      await front.close();
    }
  });

  it('works the same whatever defaults its role has', async () => {
    const role = `odd_${database.name}`;
    await watcher.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'odd'`);
    const odd = {
      DateStyle: 'German',
      IntervalStyle: 'sql_standard',
      TimeZone: 'Asia/Kathmandu',
      bytea_output: 'escape',
      extra_float_digits: '-15',
      standard_conforming_strings: 'off',
      lock_timeout: '60000',
      statement_timeout: '60000',
      idle_session_timeout: '60000',
      default_transaction_isolation: 'serializable',
    };
    for (const [name, value] of Object.entries(odd)) await watcher.query(`ALTER ROLE ${role} SET ${name} = '${value}'`);
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'odd'];
    try {
      const now = async () => (await ask(database.url, 'SELECT now()')) as Date;
      const before = await now();
      const { created_at: createdAt, metadata } = await registerThrough(url.href);
      expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(before.getTime());
      expect(Date.parse(createdAt)).toBeLessThanOrEqual((await now()).getTime());
      expect(metadata).toEqual({ path: 'C:\\new\\table' });
      expect(await ask(url.href, `SELECT '2026-02-03 04:05:06+00'::timestamptz`)).toEqual(
        new Date('2026-02-03T04:05:06Z'),
      );
      expect(await ask(url.href, 'SELECT 0.1::float8 + 0.2::float8')).toBe(0.1 + 0.2);
      expect(await ask(url.href, `SELECT '\\x00ff'::bytea`)).toEqual(Buffer.from([0, 255]));
      for (const timeout of ['lock_timeout', 'statement_timeout', 'idle_session_timeout']) {
        expect([timeout, await ask(url.href, `SHOW ${timeout}`)]).toEqual([timeout, '0']);
      }
    } finally {
      await watcher.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  describe('with sslmode in its URL', () => {
    let plain: DatabaseFront;
    let secure: DatabaseFront;
    let elsewhere: DatabaseFront;
    let folder: string;
    let root: string;

    beforeAll(async () => {
      const { valid, wrongName, authority } = await testCertificates();
      plain = await DatabaseFront.to(database);
      secure = await DatabaseFront.to(database, valid);
      elsewhere = await DatabaseFront.to(database, wrongName);
      folder = await mkdtemp(join(tmpdir(), 'gateway-hub-root-'));
      root = join(folder, 'root.pem');
      await writeFile(root, authority.cert);
    });

    afterAll(async () => {
      await Promise.all([plain, secure, elsewhere].map((front) => front.close()));
      await rm(folder, { recursive: true });
    });

    const connects = (front: DatabaseFront, query: string) => ask(front.url(query), 'SELECT 1');

    it('prefer: uses TLS if the server has it, and otherwise none', async () => {
      expect(await connects(plain, 'sslmode=prefer')).toBe(1);
      const { encrypted } = secure;
      expect(await connects(secure, 'sslmode=prefer')).toBe(1);
      expect(secure.encrypted).toBe(encrypted + 1);
    });

    it('disable, and none: uses no TLS', async () => {
      const { encrypted } = secure;
      expect(await connects(secure, 'sslmode=disable')).toBe(1);
      expect(await connects(secure, '')).toBe(1);
      expect(secure.encrypted).toBe(encrypted);
    });

    it('require: needs TLS with any certificate, or with one of the authority if that is given', async () => {
      await expect(connects(plain, 'sslmode=require')).rejects.toThrow(/does not support SSL/);
      expect(await connects(secure, 'sslmode=require')).toBe(1);
      expect(await connects(secure, `sslmode=require&sslrootcert=${root}`)).toBe(1);
    });

    it('verify-ca: checks the authority, and not the name', async () => {
      expect(await connects(elsewhere, `sslmode=verify-ca&sslrootcert=${root}`)).toBe(1);
      const { selfSigned } = await testCertificates();
      const stranger = await DatabaseFront.to(database, selfSigned);
      await expect(connects(stranger, `sslmode=verify-ca&sslrootcert=${root}`)).rejects.toThrow(/certificate/);
      await stranger.close();
    });

    it('verify-full: checks both', async () => {
      expect(await connects(secure, `sslmode=verify-full&sslrootcert=${root}`)).toBe(1);
      await expect(connects(elsewhere, `sslmode=verify-full&sslrootcert=${root}`)).rejects.toThrow(/altnames|match/);
      await expect(connects(secure, 'sslmode=verify-full')).rejects.toThrow(/certificate/);
    });
  });

  it('times out when the server accepts it and then never answers', async () => {
    const url = new URL(database.url);
    const silent = await silentTcp();
    url.port = String(silent.port);
    for (const search of ['', 'sslmode=prefer']) {
      url.search = search;
      const client = new DatabaseClient({ address: parseDatabaseUrl(url.href), connectTimeoutMs: 50 });
      await expect(client.connect()).rejects.toThrow(/no connection within 50 ms|does not answer/);
    }
    await silent.close();
  });
});
