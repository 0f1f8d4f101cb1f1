import { randomBytes } from 'node:crypto';
import { escapeIdentifier } from 'pg';
import type { Client } from 'pg';
import { withEmbeddedDatabase } from '../../src/app/embedded-database';
import type { Config } from '../../src/config/config';
import { makeRuntimeRole, migrate, reset } from '../../src/schema/migrate';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { bodyOf } from '../support/api-client';
import { aGateway } from '../support/builders';
import { createEmptyDatabase, withClient } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { Program } from '../support/program';
import { ServiceProcess } from '../support/service-process';
import { configOf } from './support/store';
import { SHORT_HISTORY } from '../support/short-history';

const KEY = Buffer.alloc(32, 5).toString('base64');
const NOT_ALLOWED = '42501';

/** What the role of the service must not be able to do. */
const FORBIDDEN = [
  'CREATE TABLE mine (id integer)',
  'CREATE SCHEMA mine',
  'CREATE INDEX mine ON gateways (name)',
  'CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
  'CREATE ROLE mine',
  'CREATE EXTENSION file_fdw',
  'ALTER TABLE gateways ADD COLUMN mine integer',
  'ALTER TABLE audit_log DISABLE TRIGGER ALL',
  'DROP TABLE gateways',
  'TRUNCATE gateways CASCADE',
  "UPDATE audit_log SET action = 'nothing'",
  'DELETE FROM audit_log',
  'TRUNCATE audit_log',
  'DELETE FROM migrations',
  "COPY organizations TO PROGRAM 'id'",
  "COPY organizations FROM PROGRAM 'id'",
  "COPY organizations TO '/tmp/gateway-hub-mine'",
  "SELECT pg_read_file('PG_VERSION')",
];

describe('SEC-27: two database roles', () => {
  let database: TestDatabase;
  /** The login that owns the tables, and that of the service. */
  let owner: string;
  let runtime: string;
  let variables: { DATABASE_URL: string; DATABASE_MIGRATION_URL: string };
  let config: Config;

  const loginOf = (role: string): string => {
    const url = new URL(database.url);
    [url.username, url.password] = [role, "pass'word%25"];
    return url.href;
  };
  const asAdmin = <Result>(work: (client: Client) => Promise<Result>) => withClient(database.url, work);
  const asRuntime = <Result>(work: (client: Client) => Promise<Result>) => withClient(variables.DATABASE_URL, work);
  const codeOf = (client: Client, sql: string): Promise<string> =>
    client.query(sql).then(
      () => 'done',
      (error: unknown) => (error as { code: string }).code,
    );

  const makeRoles = async (): Promise<void> => {
    await makeRuntimeRole(config);
    await migrate(config);
  };

  beforeEach(async () => {
    database = await createEmptyDatabase();
    const suffix = randomBytes(6).toString('hex');
    [owner, runtime] = [`hub_owner_${suffix}`, `Hub ${suffix}`];
    variables = { DATABASE_URL: loginOf(runtime), DATABASE_MIGRATION_URL: loginOf(owner) };
    config = configOf(database, variables);
    await asAdmin(async (admin) => {
      await admin.query(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'pass''word%'`);
      await admin.query(`ALTER DATABASE ${escapeIdentifier(database.name)} OWNER TO ${owner}`);
    });
  });
  afterEach(async () => {
    await asAdmin(async (admin) => {
      const { rows } = await admin.query<{ name: string }>(
        'SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname = ANY ($1) ORDER BY rolname DESC',
        [[owner, runtime]],
      );
      await admin.query(`ALTER DATABASE ${escapeIdentifier(database.name)} OWNER TO CURRENT_USER`);
      for (const { name } of rows) await admin.query(`DROP OWNED BY ${name} CASCADE`);
      for (const { name } of rows) await admin.query(`DROP ROLE ${name}`);
    });
    await database.drop();
  });

  it('SEC-27: db:roles creates the role, and the service works with it', async () => {
    const roles = new Program('cli/db.js', variables, ['roles']);
    expect(await roles.exit()).toBe(0);
    expect(roles.output).toContain(`The role ${runtime} can read and write rows, and change nothing else.`);
    expect(roles.output).not.toContain('pass');

    const device = await SimulatedGateway.listen(SHORT_HISTORY);
    const service = await ServiceProcess.start({ ...variables, ENCRYPTION_KEY: KEY, LOG_LEVEL: 'debug' });
    try {
      const { api } = service;
      const factory = await service.createFactory();
      const gateway = aGateway({ factory_id: factory, url: device.url });
      const { id } = await bodyOf<{ id: string }>(api.post('/api/gateways', gateway), 201);
      await eventually(async () =>
        expect(await bodyOf(api.get(`/api/gateways/${id}/status`))).toMatchObject({ state: 'connected' }),
      );
      await bodyOf(api.put(`/api/gateways/${id}`, { name: 'North' }));
      await bodyOf(api.post(`/api/gateways/${id}/disconnect`, {}), 202);
      await eventually(async () => {
        const { data } = await bodyOf<{ data: unknown[] }>(api.get(`/api/gateways/${id}/events`));
        expect(data.length).toBeGreaterThan(1);
      });
      service.program.kill('SIGTERM');
      expect(await service.program.exit()).toBe(0);
      expect(service.program.output).not.toMatch(/permission denied|42501|ERROR/);
    } finally {
      await service.program.destroy();
      await device.close();
    }
    const { rows } = await asRuntime((client) => client.query('SELECT action FROM audit_log'));
    expect(rows.length).toBeGreaterThanOrEqual(5);
  });

  it('SEC-27: the role of the service cannot change the schema, the audit log or other roles, or run programs', async () => {
    await makeRoles();
    await asRuntime(async (client) => {
      for (const sql of FORBIDDEN) expect([sql, await codeOf(client, sql)]).toEqual([sql, NOT_ALLOWED]);
      expect(await codeOf(client, `SET ROLE ${owner}`)).toBe(NOT_ALLOWED);
      expect(await codeOf(client, 'SELECT expire_audit_log(365)')).toBe('done');
      expect(await codeOf(client, `SELECT make_reading_partitions('{2026-05-21}')`)).toBe('done');
      expect(await codeOf(client, `SELECT make_kept_partition('2026-05-21')`)).toBe('done');
      for (const table of ['waveforms_2026_05', 'waveforms_kept_2026_05', 'vibration_readings_2026_05']) {
        expect(await codeOf(client, `DROP TABLE ${table}`)).toBe(NOT_ALLOWED);
        const parent = table.replace('_2026_05', '');
        expect(await codeOf(client, `ALTER TABLE ${parent} DETACH PARTITION ${table}`)).toBe(NOT_ALLOWED);
        const dropped = await client.query(`SELECT drop_reading_partition('${parent}', '2026-05-01') AS dropped`);
        expect(dropped.rows).toEqual([{ dropped: true }]);
      }
      for (const [table, month] of [
        ['audit_log', '2026-05-01'],
        ['sensors', '2026-05-01'],
        ['waveforms', '2026-05-02'],
      ])
        expect(await codeOf(client, `SELECT drop_reading_partition('${table}', '${month}')`)).toBe('P0001');
      expect(await codeOf(client, `SELECT nextval('reading_numbers')`)).toBe('done');
      const { rows } = await client.query(
        'SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user',
      );
      expect(Object.values(rows[0] as object)).toEqual([false, false, false, false, false]);
    });
  });

  it('SEC-27: every migration gives it the new tables, and less in the audit log', async () => {
    await makeRoles();
    await reset(config);
    const { rows } = await asAdmin((admin) =>
      admin.query<{ table: string; privileges: string }>(
        `SELECT table_name AS table, string_agg(privilege_type, ', ' ORDER BY privilege_type) AS privileges
         FROM information_schema.tables LEFT JOIN information_schema.role_table_grants USING (table_schema, table_name)
         WHERE table_schema = 'public' AND (grantee = $1 OR grantee IS NULL) GROUP BY table_name`,
        [runtime],
      ),
    );
    const privileges = new Map(rows.map((row) => [row.table, row.privileges]));
    const { rows: tables } = await asAdmin((admin) =>
      admin.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"),
    );
    expect(tables.length).toBeGreaterThan(8);
    for (const { name } of tables) {
      const expected = { audit_log: 'INSERT, SELECT', migrations: 'SELECT' }[name] ?? 'DELETE, INSERT, SELECT, UPDATE';
      expect([name, privileges.get(name)]).toEqual([name, expected]);
    }
  });

  it('SEC-27: corrects its privileges at the next start', async () => {
    await makeRoles();
    await asAdmin((admin) => admin.query(`GRANT UPDATE, DELETE ON audit_log TO ${escapeIdentifier(runtime)}`));
    await asAdmin((admin) => admin.query(`REVOKE DELETE ON gateways FROM ${escapeIdentifier(runtime)}`));
    await migrate(config);
    await asRuntime(async (client) => {
      expect(await codeOf(client, 'DELETE FROM audit_log')).toBe(NOT_ALLOWED);
      expect(await codeOf(client, 'DELETE FROM gateways')).toBe('done');
    });
  });

  it('SEC-27: a service needs no login of the owner if nothing is to be migrated', async () => {
    await makeRoles();
    expect(await migrate(configOf(database, { DATABASE_URL: variables.DATABASE_URL }))).toEqual([]);
  });

  it('SEC-27: with the embedded database, the service has such a role too, with a lasting password', async () => {
    const embedded = await withEmbeddedDatabase(configOf(database), database);
    runtime = embedded.runtimeRole ?? ''; // Dropped after the test.
    await migrate(embedded);
    await withClient(embedded.databaseUrl, async (client) => {
      for (const sql of FORBIDDEN) expect([sql, await codeOf(client, sql)]).toEqual([sql, NOT_ALLOWED]);
    });
    expect(embedded.databaseUrl).not.toContain(new URL(database.url).password);
    expect(embedded.env.WAVEFORM_MAX_BYTES).toBe(5_000_000_000);
    const unlimited = await withEmbeddedDatabase(configOf(database, { WAVEFORM_MAX_BYTES: '0' }), database);
    expect(unlimited.env.WAVEFORM_MAX_BYTES).toBe(0);
    const again = await withEmbeddedDatabase(configOf(database), database);
    expect(again.databaseUrl).toBe(embedded.databaseUrl);
  });

  it('SEC-27: sets the password of a role that exists', async () => {
    await makeRoles();
    await asAdmin((admin) => admin.query(`ALTER ROLE ${escapeIdentifier(runtime)} PASSWORD 'other'`));
    await expect(asRuntime((client) => client.query('SELECT 1'))).rejects.toThrow();
    await makeRoles();
    await asRuntime((client) => client.query('SELECT 1'));
  });

  it('SEC-27: says what to do if the role is missing, the same as the other, or a superuser', async () => {
    await expect(migrate(config)).rejects.toThrow(
      `The role "${runtime}" of DATABASE_URL does not exist: create it with "npm run db:roles"`,
    );
    const same = configOf(database, { ...variables, DATABASE_URL: variables.DATABASE_MIGRATION_URL });
    await expect(makeRuntimeRole(same)).rejects.toThrow('must name different users');
    const superuser = configOf(database, { ...variables, DATABASE_URL: database.url });
    await expect(makeRuntimeRole(superuser)).rejects.toThrow('is a superuser');
  });
});
