import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { AddGatewayOrganization1770000008000 } from '../../migrations/1770000008000-add-gateway-organization';
import { createDataSource } from '../../src/schema/data-source';
import { migrate, reset, revert } from '../../src/schema/migrate';
import { createDatabase, createEmptyDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { queryOnce, readCatalog } from './support/catalog';
import { SideConnection } from './support/side-connection';
import { configOf } from './support/store';

const ALL = [
  'CreateOrganizations1770000001000',
  'CreateFactories1770000002000',
  'CreateGateways1770000003000',
  'AddGatewayTlsAndLoginBudget1770000004000',
  'CreateGatewayConnectionEvents1770000005000',
  'CreateGatewayAccounts1770000006000',
  'AddSortIndexes1770000007000',
  'AddGatewayOrganization1770000008000',
  'CreateGatewayLogins1770000009000',
  'AddOrganizationScopeAndRevisions1770000010000',
  'CreateApiKeys1770000011000',
  'CreateAuditLog1770000012000',
  'CreateIdempotencyKeys1770000013000',
  'AddOrganizationNetworks1770000013500',
  'CreateSensors1770000014000',
  'CreateReadings1770000015000',
  'CreateCatchUp1770000016000',
  'CreateZoneCorrections1770000017000',
  'CreateSeverityLimits1770000018000',
  'CreateAcquisitions1770000018500',
  'CreateRetention1770000019000',
  'CreateSchedules1770000020000',
  'IndexScheduledAcquisitions1770000020500',
  'CreateReplicas1770000021000',
  'AddObserverOfConnectionEvents1770000022000',
  'DropSensorKeysOfReadings1770000023000',
];
const CHILDREN = 4;

/** A service of another process, as far as its migrations are concerned, as it was built. */
const PROGRAM = `
  require('reflect-metadata');
  const built = ${JSON.stringify(join(__dirname, '../../dist/src'))};
  const { parseConfig } = require(built + '/config/config');
  const { migrate } = require(built + '/schema/migrate');
  process.stdout.write('loaded');
  process.stdin.once('data', async (url) => {
    process.stdout.write(JSON.stringify(await migrate(parseConfig({ DATABASE_URL: url.toString() }))));
    process.exit();
  });
`;

let database: TestDatabase;

afterEach(async () => {
  jest.restoreAllMocks();
  await database.drop();
});

/** The migrations that the database says have run, in their order. */
async function findRecorded(): Promise<string[]> {
  return (await queryOnce<{ name: string }>(database, 'SELECT name FROM migrations ORDER BY id')).map(
    ({ name }) => name,
  );
}

async function withDataSource(work: (dataSource: DataSource) => Promise<void>): Promise<void> {
  const dataSource = await createDataSource(configOf(database)).initialize();
  try {
    await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

describe('on an empty database', () => {
  beforeEach(async () => {
    database = await createEmptyDatabase();
  });

  it('DB-02: the migrations create every table, and a second run finds nothing to do', async () => {
    expect(await migrate(configOf(database))).toEqual(ALL);
    expect((await readCatalog(database)).tables).toEqual([
      'p battery_readings',
      'p temperature_readings',
      'p vibration_readings',
      'p waveforms',
      'p waveforms_kept',
      'r access_points',
      'r acquisitions',
      'r api_keys',
      'r audit_log',
      'r backfills',
      'r cluster',
      'r factories',
      'r gateway_accounts',
      'r gateway_connection_events',
      'r gateway_logins',
      'r gateways',
      'r history_states',
      'r idempotency_keys',
      'r organizations',
      'r reading_gaps',
      'r record_ranges',
      'r replicas',
      'r schedules',
      'r sensors',
      'r severity_limits',
      'r shards',
      'r unreadable_records',
      'r waveform_retention',
      'r zone_corrections',
    ]);

    const made = await readCatalog(database);
    expect(await migrate(configOf(database))).toEqual([]);
    expect(await readCatalog(database)).toEqual(made);
  });

  it('DB-02: every down reverts its up exactly, and every up works again after it', async () => {
    await withDataSource(async (dataSource) => {
      const runner = dataSource.createQueryRunner();
      for (const migration of dataSource.migrations) {
        const before = await readCatalog(database);
        await migration.up(runner);
        const after = await readCatalog(database);
        expect(after).not.toEqual(before);

        await migration.down(runner);
        expect(await readCatalog(database)).toEqual(before);
        await migration.up(runner);
        expect(await readCatalog(database)).toEqual(after);
      }
      await runner.release();
    });
  });

  it('DB-02: reverting step by step leaves nothing, and then all migrations run again', async () => {
    const config = configOf(database);
    const nothing = await readCatalog(database);
    await migrate(config);
    const everything = await readCatalog(database);

    for (let left = ALL.length; left > 0; left -= 1) {
      expect(await findRecorded()).toHaveLength(left);
      expect(await revert(config)).toBe(ALL[left - 1]);
    }
    expect(await readCatalog(database)).toEqual(nothing);

    expect(await migrate(config)).toEqual(ALL);
    expect(await readCatalog(database)).toEqual(everything);
  });

  it.each([
    ['never migrated', () => Promise.resolve()],
    ['reverted to the beginning', migrateAndRevert],
  ])('a revert does nothing, without an error, if the database was %s', async (_, prepare) => {
    await prepare();
    const before = await readCatalog(database);

    expect(await revert(configOf(database))).toBeNull();
    expect(await readCatalog(database)).toEqual(before);
  });

  async function migrateAndRevert(): Promise<void> {
    await migrate(configOf(database));
    for (let left = ALL.length; left > 0; left -= 1) await revert(configOf(database));
  }

  it.each([
    ['never migrated', () => Promise.resolve()],
    ['reverted to the beginning', migrateAndRevert],
  ])('DB-02: a reset builds the schema if the database was %s', async (_, prepare) => {
    await prepare();

    await reset(configOf(database));

    expect(await findRecorded()).toEqual(ALL);
  });

  it('DB-02: four services that migrate one database at once all succeed, and every migration runs once', async () => {
    const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(configOf(database))));

    expect(ran.flat()).toEqual(ALL);
    expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await findRecorded()).toEqual(ALL);
  });

  it('DB-02: four processes that migrate one database at once all succeed, and every migration runs once', async () => {
    const children = Array.from({ length: CHILDREN }, () =>
      spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'], cwd: join(__dirname, '../..') }),
    );
    try {
      await Promise.all(children.map(({ stdout }) => once(stdout, 'data'))); // All have loaded: now they race.
      const ran = children.map(async (child) => {
        const chunks: Buffer[] = [];
        child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
        child.stdin.end(database.url);
        const [code] = (await once(child, 'close')) as [number];
        expect(code).toBe(0);
        return JSON.parse(Buffer.concat(chunks).toString()) as string[];
      });

      expect((await Promise.all(ran)).flat()).toEqual(ALL);
      expect(await findRecorded()).toEqual(ALL);
    } finally {
      for (const child of children) child.kill();
    }
  });

  it('DB-02: a migration waits for another one as long as it takes, whatever the statement timeout', async () => {
    const other = await SideConnection.open(database);
    await other.query('SELECT pg_advisory_lock(727001, 1)');
    let isDone = false;
    const migrating = migrate(configOf(database, { DATABASE_STATEMENT_TIMEOUT_MS: '50' })).finally(() => {
      isDone = true;
    });
    await other.untilWaiting(1);
    await other.query('SELECT pg_sleep(0.3)');
    expect(isDone).toBe(false);

    await other.close(); // Which gives the lock back.

    expect(await migrating).toEqual(ALL);
  });

  it('DB-02: a migration that fails leaves nothing half done, and no lock; the next run continues where it stopped', async () => {
    jest.spyOn(console, 'log').mockReturnValue(); // TypeORM says it there as well.
    await queryOnce(database, 'CREATE VIEW ix_gateways_name AS SELECT 1'); // In the way of the third one's last index.

    await expect(migrate(configOf(database))).rejects.toThrow('already exists');
    expect(await findRecorded()).toEqual(ALL.slice(0, 2));
    expect((await readCatalog(database)).tables).not.toContain('r gateways');

    await queryOnce(database, 'DROP VIEW ix_gateways_name');
    expect(await migrate(configOf(database))).toEqual(ALL.slice(2));
  });
});

describe('on a database in use', () => {
  beforeEach(async () => {
    database = await createDatabase();
    await queryOnce(
      database,
      `WITH o AS (INSERT INTO organizations (name) VALUES ('Acme') RETURNING id),
            f AS (INSERT INTO factories (organization_id, name) SELECT id, 'Springfield' FROM o RETURNING id, organization_id)
       INSERT INTO gateways (factory_id, organization_id, gateway_id, name, url, email, password_encrypted)
       SELECT id, organization_id, 'GW-1', 'north', 'ws://10.0.0.7', 'a@b', 'sealed' FROM f`,
    );
  });

  it('DB-02: migrating again keeps every row', async () => {
    expect(await migrate(configOf(database))).toEqual([]);
    expect(await queryOnce(database, 'SELECT name FROM gateways')).toEqual([{ name: 'north' }]);
  });

  it('DB-02: a reset leaves the same schema and no row', async () => {
    const before = await readCatalog(database);

    await reset(configOf(database));

    expect(await readCatalog(database)).toEqual(before);
    expect(await findRecorded()).toEqual(ALL);
    for (const table of ['organizations', 'factories', 'gateways']) {
      expect(await queryOnce(database, `SELECT id FROM ${table}`)).toEqual([]);
    }
  });

  it('DB-02: gateways, even deleted ones, get the organization of their factory, and are otherwise unchanged', async () => {
    await queryOnce(
      database,
      `WITH o AS (INSERT INTO organizations (name) VALUES ('Other') RETURNING id),
            f AS (INSERT INTO factories (organization_id, name, deleted_at) SELECT id, 'Austin', now() FROM o
                  RETURNING id, organization_id, deleted_at)
       INSERT INTO gateways (factory_id, organization_id, gateway_id, name, url, email, password_encrypted, deleted_at)
       SELECT id, organization_id, 'GW-2', 'south', 'ws://10.0.0.7', 'a@b', 'sealed', deleted_at FROM f`,
    );
    const read = () => queryOnce(database, 'SELECT to_json(gateways) AS row FROM gateways ORDER BY name');
    const before = await read();

    await withDataSource(async (dataSource) => {
      const runner = dataSource.createQueryRunner();
      const migration = new AddGatewayOrganization1770000008000();
      await migration.down(runner);
      expect(await read()).not.toEqual(before);
      await migration.up(runner);
      await runner.release();
    });

    expect(await read()).toEqual(before);
  });

  it('DB-02: every down works with rows in the tables', async () => {
    for (let left = ALL.length; left > 0; left -= 1) await revert(configOf(database));
    expect((await readCatalog(database)).tables).toEqual([]);
  });

  it('the outcomes of logins survive a revert and a migration, except those of earlier versions', async () => {
    await queryOnce(
      database,
      `INSERT INTO gateways (factory_id, organization_id, gateway_id, name, url, email, password_encrypted)
       SELECT factory_id, organization_id, 'GW-2', 'never tried', url, email, password_encrypted FROM gateways`,
    );
    await queryOnce(
      database,
      `INSERT INTO gateway_logins (gateway_id, connection_version, accepted, refusals, next_login_at)
       SELECT id, version, version = 1, 2, '2026-02-09T10:00:00Z' FROM gateways, generate_series(0, 1) AS version
       WHERE gateway_id = 'GW-1'`,
    );
    const nextLoginAt = new Date('2026-02-09T10:00:00Z');

    let reverted: string | null = '';
    while (reverted !== 'CreateGatewayLogins1770000009000') reverted = await revert(configOf(database));
    expect(
      await queryOnce(
        database,
        `SELECT name, login_accepted, login_refusals, next_login_at FROM gateways ORDER BY gateway_id`,
      ),
    ).toEqual([
      { name: 'north', login_accepted: true, login_refusals: 2, next_login_at: nextLoginAt },
      { name: 'never tried', login_accepted: false, login_refusals: 0, next_login_at: null },
    ]);

    await migrate(configOf(database));
    expect(
      await queryOnce(
        database,
        `SELECT name, login.connection_version, accepted, refusals, next_login_at
         FROM gateway_logins AS login JOIN gateways ON gateways.id = login.gateway_id`,
      ),
    ).toEqual([{ name: 'north', connection_version: 1, accepted: true, refusals: 2, next_login_at: nextLoginAt }]);
  });

  it('DB-02: a migration and a reset leave no connection open', async () => {
    await migrate(configOf(database));
    await reset(configOf(database));

    const others = await queryOnce(
      database,
      `SELECT application_name FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    );
    expect(others).toEqual([]);
  });
});
