import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/schema/data-source';
import { createDatabase, createEmptyDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { readCatalog } from './support/catalog';
import type { Catalog } from './support/catalog';
import { SideConnection } from './support/side-connection';
import { configOf } from './support/store';

const TABLES = ['organizations', 'factories', 'gateways'] as const;

let database: TestDatabase;
let connection: SideConnection;

beforeAll(async () => {
  database = await createDatabase();
  connection = await SideConnection.open(database);
});

afterAll(async () => {
  await connection.close();
  await database.drop();
});

describe('entities and migrations', () => {
  const opened: DataSource[] = [];
  const databases: TestDatabase[] = [];

  async function connectTo(target: TestDatabase): Promise<DataSource> {
    const dataSource = await createDataSource(configOf(target)).initialize();
    opened.push(dataSource);
    return dataSource;
  }

  async function another(make: () => Promise<TestDatabase>): Promise<TestDatabase> {
    const made = await make();
    databases.push(made);
    return made;
  }

  /** What TypeORM would do to make a database fit the entities. */
  async function findDifferences(target: TestDatabase): Promise<string[]> {
    const { upQueries } = await (await connectTo(target)).driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  }

  /** A database that TypeORM made from the entities alone. */
  async function madeFromEntities(): Promise<TestDatabase> {
    const target = await another(createEmptyDatabase);
    const dataSource = await connectTo(target);
    await dataSource.query(`CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'`); // The default of a column.
    await dataSource.synchronize();
    return target;
  }

  // Entities cannot speak of these: they are tested by what they do.
  const withoutCode = (catalog: Catalog): Catalog => ({
    ...catalog,
    triggers: [],
    functions: [],
    tables: catalog.tables.map((line) => line.replace(/^p /, 'r ')).sort(), // Nor of partitioned tables.
    indexes: catalog.indexes.filter((line) => !/COLLATE|INCLUDE|shard_of/.test(line)),
    others: catalog.others.filter((line) => !/^collation|sequence reading_numbers$/.test(line)),
  });

  afterEach(async () => {
    for (const dataSource of opened.splice(0)) await dataSource.destroy();
    for (const made of databases.splice(0)) await made.drop();
  });

  it('REPO-02: after the migrations the entities leave TypeORM nothing to change', async () => {
    expect(await findDifferences(database)).toEqual([]);
  });

  it('REPO-02: migrations and entities create the same database, down to defaults and collations', async () => {
    const migrated = withoutCode(await readCatalog(database));

    expect(withoutCode(await readCatalog(await madeFromEntities()))).toEqual(migrated);
    expect(migrated.columns).toHaveLength(335); // And it is no comparison of nothing with nothing.
  });

  it('REPO-02: the entities and the database have the same tables and columns', async () => {
    const { entityMetadatas } = await connectTo(database);
    const known = entityMetadatas.flatMap(({ tableName, columns }) =>
      columns.map(({ databaseName }) => `${tableName}.${databaseName}`),
    );
    const stored = await connection.query<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       JOIN pg_class ON pg_class.oid = format('%I.%I', table_schema, table_name)::regclass AND NOT relispartition
       WHERE table_schema = 'public' AND table_name <> 'migrations'`,
    );

    expect(stored.map(({ name }) => name).sort()).toEqual(known.sort());
    expect(new Set(entityMetadatas.map(({ tableName }) => tableName))).toEqual(
      new Set([
        ...TABLES,
        'access_points',
        'acquisitions',
        'api_keys',
        'audit_log',
        'gateway_accounts',
        'gateway_connection_events',
        'gateway_logins',
        'backfills',
        'battery_readings',
        'cluster',
        'history_states',
        'idempotency_keys',
        'reading_gaps',
        'record_ranges',
        'replicas',
        'schedules',
        'sensors',
        'severity_limits',
        'shards',
        'temperature_readings',
        'unreadable_records',
        'vibration_readings',
        'waveform_retention',
        'waveforms',
        'waveforms_kept',
        'zone_corrections',
      ]),
    );
  });

  it.each([
    ['an unknown column', 'ALTER TABLE gateways ADD COLUMN stray text'],
    ['a missing column', 'ALTER TABLE gateways DROP COLUMN model CASCADE'],
    [
      'another length',
      `DROP TRIGGER tr_factories_updated_at ON factories; DROP TRIGGER tr_factories_revision ON factories; ALTER TABLE factories ALTER COLUMN location TYPE varchar(501)`,
    ],
    ['another nullability', 'ALTER TABLE gateways ALTER COLUMN url DROP NOT NULL'],
    ['another default', `ALTER TABLE factories ALTER COLUMN timezone SET DEFAULT 'CET'`],
    ['a missing index', 'DROP INDEX ix_gateways_name'],
  ])('REPO-02: both comparisons notice %s', async (_, change) => {
    const drifted = await another(createDatabase);
    const side = await SideConnection.open(drifted);
    await side.query(change);
    await side.close();

    expect(await findDifferences(drifted)).not.toEqual([]);
    expect(withoutCode(await readCatalog(drifted))).not.toEqual(withoutCode(await readCatalog(database)));
  });

  it.each([
    [
      'another collation',
      `DROP TRIGGER tr_gateways_updated_at ON gateways; DROP TRIGGER tr_gateways_revision ON gateways;
       ALTER TABLE gateways ALTER COLUMN name TYPE varchar(255) COLLATE "default"`,
    ],
    [
      'another check',
      `ALTER TABLE gateways DROP CONSTRAINT ck_gateways_desired_state, ADD CONSTRAINT
      ck_gateways_desired_state CHECK (desired_state IN ('connected', 'disconnected', 'maybe'))`,
    ],
    [
      'another cascade',
      `ALTER TABLE factories DROP CONSTRAINT fk_factories_organization_id, ADD CONSTRAINT
      fk_factories_organization_id FOREIGN KEY (organization_id) REFERENCES organizations`,
    ],
    [
      'an index that is not partial',
      'DROP INDEX ix_gateways_name; CREATE INDEX ix_gateways_name ON gateways (name, id)',
    ],
  ])('REPO-02: the comparison of catalogs notices %s', async (_, change) => {
    const drifted = await another(createDatabase);
    const side = await SideConnection.open(drifted);
    await side.query(change);
    await side.close();

    expect(withoutCode(await readCatalog(drifted))).not.toEqual(withoutCode(await readCatalog(database)));
  });
});

describe('the tables', () => {
  it.each(TABLES)('DB-03: %s has a generated uuid key, deleted_at, and jsonb metadata', async (table) => {
    const { columns, constraints } = await readCatalog(database);

    expect(columns).toEqual(
      expect.arrayContaining([
        `${table}.id uuid not null default gen_random_uuid()`,
        `${table}.deleted_at timestamp with time zone`,
        `${table}.metadata jsonb not null default '{}'::jsonb`,
        `${table}.created_at timestamp with time zone not null default now()`,
        `${table}.updated_at timestamp with time zone not null default now()`,
      ]),
    );
    expect(constraints).toContain(`${table}.pk_${table} PRIMARY KEY (id)`);
  });

  it('DB-04: foreign keys and names are indexed, without deleted rows where only the others are queried', async () => {
    const { indexes } = await readCatalog(database);
    const index = (name: string, on: string) => `CREATE INDEX ${name} ON public.${on}`;
    const living = ' WHERE (deleted_at IS NULL)';

    expect(indexes.filter((line) => !line.includes('UNIQUE'))).toEqual([
      index('ix_access_points_serial', 'access_points USING btree (serial, id)'),
      index('ix_acquisitions_gateway_id', 'acquisitions USING btree (gateway_id, id)'),
      index('ix_acquisitions_organization_id', 'acquisitions USING btree (organization_id, id)'),
      index(
        'ix_acquisitions_schedule_id',
        'acquisitions USING btree (schedule_id, id) WHERE (schedule_id IS NOT NULL)',
      ),
      index('ix_acquisitions_sensor_id', 'acquisitions USING btree (sensor_id, id)'),
      index('ix_api_keys_organization_id_name', 'api_keys USING btree (organization_id, name, id)'),
      index('ix_audit_log_action_id', 'audit_log USING btree (action, id)'),
      index('ix_audit_log_actor_id_id', 'audit_log USING btree (actor_id, id)'),
      index('ix_audit_log_object_id_id', 'audit_log USING btree (object_id, id)'),
      index('ix_audit_log_organization_id_id', 'audit_log USING btree (organization_id, id)'),
      index('ix_audit_log_request_id_id', 'audit_log USING btree (request_id, id)'),
      index('ix_backfills_gateway_id', 'backfills USING btree (gateway_id)'),
      index('ix_backfills_open', 'backfills USING btree (id)') +
        ` WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]))`,
      index('ix_battery_readings_feed_position', 'battery_readings USING btree (feed_position)'),
      index('ix_battery_readings_number', 'battery_readings USING btree (number)'),
      index(
        'ix_battery_readings_sensor_number_measured_at',
        'battery_readings USING btree (sensor_number, measured_at, number) INCLUDE (value)',
      ),
      index('ix_factories_created_at', 'factories USING btree (created_at, id)') + living,
      index('ix_factories_name', 'factories USING btree (name, id)') + living,
      index('ix_factories_name_ci', 'factories USING btree (name COLLATE natural_ci, id)') + living,
      index('ix_factories_organization_id', 'factories USING btree (organization_id)'),
      index('ix_factories_organization_id_created_at', 'factories USING btree (organization_id, created_at, id)') +
        living,
      index('ix_factories_organization_id_name', 'factories USING btree (organization_id, name, id)') + living,
      index(
        'ix_factories_organization_id_name_ci',
        'factories USING btree (organization_id, name COLLATE natural_ci, id)',
      ) + living,
      index('ix_factories_organization_id_updated_at', 'factories USING btree (organization_id, updated_at, id)') +
        living,
      index('ix_factories_updated_at', 'factories USING btree (updated_at, id)') + living,
      index('ix_gateway_accounts_since', 'gateway_accounts USING btree (since)'),
      index('ix_gateway_connection_events_at', 'gateway_connection_events USING btree (at)'),
      index('ix_gateway_connection_events_gateway_id_id', 'gateway_connection_events USING btree (gateway_id, id)'),
      index('ix_gateways_created_at', 'gateways USING btree (created_at, id)') + living,
      index('ix_gateways_factory_id', 'gateways USING btree (factory_id)'),
      index('ix_gateways_factory_id_created_at', 'gateways USING btree (factory_id, created_at, id)') + living,
      index('ix_gateways_factory_id_name', 'gateways USING btree (factory_id, name, id)') + living,
      index('ix_gateways_factory_id_name_ci', 'gateways USING btree (factory_id, name COLLATE natural_ci, id)') +
        living,
      index('ix_gateways_factory_id_updated_at', 'gateways USING btree (factory_id, updated_at, id)') + living,
      index('ix_gateways_name', 'gateways USING btree (name, id)') + living,
      index('ix_gateways_name_ci', 'gateways USING btree (name COLLATE natural_ci, id)') + living,
      index('ix_gateways_organization_id_name', 'gateways USING btree (organization_id, name, id)') + living,
      index('ix_gateways_shard', 'gateways USING btree (shard_of(id))') + living,
      index('ix_gateways_updated_at', 'gateways USING btree (updated_at, id)') + living,
      index('ix_gateways_url', 'gateways USING btree (url)') + living,
      index('ix_idempotency_keys_created_at', 'idempotency_keys USING btree (created_at)'),
      index('ix_organizations_created_at', 'organizations USING btree (created_at, id)') + living,
      index('ix_organizations_name', 'organizations USING btree (name, id)') + living,
      index('ix_organizations_name_ci', 'organizations USING btree (name COLLATE natural_ci, id)') + living,
      index('ix_organizations_updated_at', 'organizations USING btree (updated_at, id)') + living,
      index('ix_reading_gaps_sensor_number', 'reading_gaps USING btree (sensor_number, kind, from_day)'),
      index('ix_replicas_name', 'replicas USING btree (name, generation)'),
      index('ix_replicas_present', `replicas USING btree (id) WHERE (state <> 'gone'::text)`),
      index('ix_schedules_created_at', 'schedules USING btree (created_at, id)') + living,
      index('ix_schedules_factory_id', 'schedules USING btree (factory_id)'),
      index('ix_schedules_gateway_id', 'schedules USING btree (gateway_id)'),
      index('ix_schedules_name', 'schedules USING btree (name, id)') + living,
      index('ix_schedules_name_ci', 'schedules USING btree (name COLLATE natural_ci, id)') + living,
      index('ix_schedules_organization_id_name', 'schedules USING btree (organization_id, name, id)') + living,
      index('ix_schedules_sensor_id', 'schedules USING btree (sensor_id)'),
      index('ix_schedules_updated_at', 'schedules USING btree (updated_at, id)') + living,
      index('ix_sensors_created_at', 'sensors USING btree (created_at, id)'),
      index('ix_sensors_name', 'sensors USING btree (name, id)'),
      index('ix_sensors_name_ci', 'sensors USING btree (name COLLATE natural_ci, id)'),
      index('ix_sensors_serial', 'sensors USING btree (serial, id)'),
      index('ix_sensors_updated_at', 'sensors USING btree (updated_at, id)'),
      index('ix_temperature_readings_feed_position', 'temperature_readings USING btree (feed_position)'),
      index('ix_temperature_readings_number', 'temperature_readings USING btree (number)'),
      index(
        'ix_temperature_readings_sensor_number_measured_at',
        'temperature_readings USING btree (sensor_number, measured_at, number) INCLUDE (value)',
      ),
      index('ix_unreadable_records_gateway_id_id', 'unreadable_records USING btree (gateway_id, id)'),
      index('ix_vibration_readings_feed_position', 'vibration_readings USING btree (feed_position)'),
      index('ix_vibration_readings_number', 'vibration_readings USING btree (number)'),
      index('ix_vibration_readings_pinned', 'vibration_readings USING btree (number)') + ' WHERE pinned',
      index(
        'ix_vibration_readings_sensor_number_measured_at',
        'vibration_readings USING btree (sensor_number, measured_at, number) INCLUDE (x_rms, y_rms, z_rms, x_velocity_rms, y_velocity_rms, z_velocity_rms)',
      ),
    ]);
    expect(indexes).toContain(
      `CREATE UNIQUE INDEX uq_gateways_organization_id_gateway_id ON public.gateways USING btree (organization_id, gateway_id)${living}`,
    );
  });

  it('DB-05: every constraint has an explicit name', async () => {
    const { constraints } = await readCatalog(database);

    expect(constraints.map((line) => line.split(' ', 1)[0])).toEqual([
      'access_points.fk_access_points_gateway_id',
      'access_points.pk_access_points',
      'acquisitions.ck_acquisitions_kind',
      'acquisitions.ck_acquisitions_state',
      'acquisitions.fk_acquisitions_gateway_id',
      'acquisitions.fk_acquisitions_sensor_id',
      'acquisitions.pk_acquisitions',
      'api_keys.ck_api_keys_hash',
      'api_keys.ck_api_keys_role',
      'api_keys.fk_api_keys_organization_id',
      'api_keys.pk_api_keys',
      'audit_log.ck_audit_log_outcome',
      'audit_log.pk_audit_log',
      'backfills.ck_backfills_days',
      'backfills.ck_backfills_state',
      'backfills.fk_backfills_gateway_id',
      'backfills.pk_backfills',
      'battery_readings.ck_battery_readings_origin',
      'battery_readings.ck_battery_readings_time_quality',
      'battery_readings.pk_battery_readings',
      'cluster.ck_cluster_one_row',
      'cluster.pk_cluster',
      'factories.fk_factories_organization_id',
      'factories.pk_factories',
      'factories.uq_factories_id_organization_id',
      'gateway_accounts.ck_gateway_accounts_refusals',
      'gateway_accounts.pk_gateway_accounts',
      'gateway_connection_events.ck_gateway_connection_events_from_state',
      'gateway_connection_events.ck_gateway_connection_events_to_state',
      'gateway_connection_events.fk_gateway_connection_events_gateway_id',
      'gateway_connection_events.pk_gateway_connection_events',
      'gateway_logins.ck_gateway_logins_refusals',
      'gateway_logins.fk_gateway_logins_gateway_id',
      'gateway_logins.pk_gateway_logins',
      'gateways.ck_gateways_desired_state',
      'gateways.fk_gateways_factory_id_organization_id',
      'gateways.pk_gateways',
      'history_states.ck_history_states_kind',
      'history_states.fk_history_states_gateway_id',
      'history_states.pk_history_states',
      'idempotency_keys.pk_idempotency_keys',
      'organizations.pk_organizations',
      'reading_gaps.ck_reading_gaps_days',
      'reading_gaps.ck_reading_gaps_kind',
      'reading_gaps.ck_reading_gaps_reason',
      'reading_gaps.ck_reading_gaps_state',
      'reading_gaps.fk_reading_gaps_sensor_number',
      'reading_gaps.pk_reading_gaps',
      'record_ranges.ck_record_ranges_kind',
      'record_ranges.ck_record_ranges_scope',
      'record_ranges.fk_record_ranges_gateway_id',
      'record_ranges.pk_record_ranges',
      'replicas.ck_replicas_state',
      'replicas.pk_replicas',
      'schedules.ck_schedules_kind',
      'schedules.ck_schedules_limits',
      'schedules.ck_schedules_target',
      'schedules.fk_schedules_factory_id',
      'schedules.fk_schedules_gateway_id',
      'schedules.fk_schedules_organization_id',
      'schedules.fk_schedules_sensor_id',
      'schedules.pk_schedules',
      'sensors.ck_sensors_expected_interval_s',
      'sensors.fk_sensors_gateway_id',
      'sensors.pk_sensors',
      'severity_limits.ck_severity_limits_boundaries',
      'severity_limits.ck_severity_limits_support',
      'severity_limits.pk_severity_limits',
      'severity_limits.uq_severity_limits_machine',
      'shards.pk_shards',
      'temperature_readings.ck_temperature_readings_origin',
      'temperature_readings.ck_temperature_readings_time_quality',
      'temperature_readings.pk_temperature_readings',
      'unreadable_records.ck_unreadable_records_kind',
      'unreadable_records.ck_unreadable_records_problem',
      'unreadable_records.fk_unreadable_records_gateway_id',
      'unreadable_records.pk_unreadable_records',
      'vibration_readings.ck_vibration_readings_origin',
      'vibration_readings.ck_vibration_readings_rate_source',
      'vibration_readings.ck_vibration_readings_time_quality',
      'vibration_readings.ck_vibration_readings_waveform_state',
      'vibration_readings.pk_vibration_readings',
      'waveform_retention.ck_waveform_retention_id',
      'waveform_retention.pk_waveform_retention',
      'waveforms.pk_waveforms',
      'waveforms_kept.pk_waveforms_kept',
      'zone_corrections.fk_zone_corrections_gateway_id',
      'zone_corrections.pk_zone_corrections',
    ]);
  });
});

describe('the rows', () => {
  interface Ids {
    organizations: string;
    factories: string;
    gateways: string;
  }

  async function insert(sql: string, ...parameters: unknown[]): Promise<string> {
    const [row] = await connection.query<{ id: string }>(`${sql} RETURNING id`, parameters);
    return row?.id ?? '';
  }

  const insertGateway = (factoryId: string, label: string) =>
    insert(
      `INSERT INTO gateways (factory_id, organization_id, gateway_id, name, url, email, password_encrypted)
       SELECT id, organization_id, $2, 'north', 'ws://10.0.0.7', 'a@b', 'sealed' FROM factories WHERE id = $1`,
      factoryId,
      label,
    );

  async function insertTree(): Promise<Ids> {
    const organizations = await insert(`INSERT INTO organizations (name) VALUES ('Acme')`);
    const factories = await insert(`INSERT INTO factories (organization_id, name) VALUES ($1, 'S')`, organizations);
    return { organizations, factories, gateways: await insertGateway(factories, 'GW-1') };
  }

  /** As text: a Date would round the microseconds off. */
  async function updatedAt(table: string, id: string): Promise<string> {
    const [row] = await connection.query<{ at: string }>(`SELECT updated_at::text AS at FROM ${table} WHERE id = $1`, [
      id,
    ]);
    return row?.at ?? '';
  }

  let ids: Ids;

  beforeEach(async () => {
    ids = await insertTree();
  });

  afterEach(async () => {
    await connection.query('DELETE FROM organizations');
  });

  it('DB-05: removing a row removes everything below it, deleted rows included', async () => {
    await connection.query(`UPDATE gateways SET deleted_at = now()`);
    await connection.query(`INSERT INTO gateway_logins SELECT id, 1 FROM gateways`);
    const other = await insert(`INSERT INTO organizations (name) VALUES ('Other')`);
    await insert(`INSERT INTO factories (organization_id, name) VALUES ($1, 'stays')`, other);

    await connection.query('DELETE FROM organizations WHERE id = $1', [ids.organizations]);

    expect(await connection.query('SELECT name FROM factories')).toEqual([{ name: 'stays' }]);
    expect(await connection.query('SELECT id FROM gateways')).toEqual([]);
    expect(await connection.query('SELECT gateway_id FROM gateway_logins')).toEqual([]);
  });

  it('DB-05: removing a factory removes its gateways and leaves its organization', async () => {
    await connection.query('DELETE FROM factories WHERE id = $1', [ids.factories]);

    expect(await connection.query('SELECT id FROM gateways')).toEqual([]);
    expect(await connection.query('SELECT id FROM organizations')).toEqual([{ id: ids.organizations }]);
  });

  it.each([
    ['fk_gateways_factory_id_organization_id', `UPDATE gateways SET factory_id = gen_random_uuid()`],
    ['fk_factories_organization_id', `UPDATE factories SET organization_id = gen_random_uuid()`],
    ['ck_gateways_desired_state', `UPDATE gateways SET desired_state = 'maybe'`],
    ['fk_gateway_logins_gateway_id', `INSERT INTO gateway_logins VALUES (gen_random_uuid(), 1)`],
  ])('DB-05: %s rejects invalid values', async (constraint, statement) => {
    await expect(connection.query(statement)).rejects.toMatchObject({ constraint });
  });

  it('DB-05: a gateway cannot have another organization than its factory', async () => {
    const organization = await insert(`INSERT INTO organizations (name) VALUES ('Other')`);
    const factory = await insert(`INSERT INTO factories (organization_id, name) VALUES ($1, 'other')`, organization);
    const constraint = 'fk_gateways_factory_id_organization_id';
    const insertion = `INSERT INTO gateways (factory_id, organization_id, gateway_id, name, url, email, password_encrypted)
      VALUES ($1, $2, 'GW-2', 'south', 'ws://10.0.0.8', 'a@b', 'sealed')`;

    await expect(connection.query(insertion, [ids.factories, organization])).rejects.toMatchObject({ constraint });
    for (const assignment of [`organization_id = '${organization}'`, `factory_id = '${factory}'`]) {
      await expect(connection.query(`UPDATE gateways SET ${assignment}`)).rejects.toMatchObject({ constraint });
    }
    await expect(connection.query(insertion, [factory, null])).rejects.toMatchObject({ column: 'organization_id' });
  });

  it('DB-05: a gateway follows its factory to another organization, which counts as a change of the gateway', async () => {
    const organization = await insert(`INSERT INTO organizations (name) VALUES ('Other')`);
    const created = await updatedAt('gateways', ids.gateways);

    await connection.query('UPDATE factories SET organization_id = $1', [organization]);

    expect(await connection.query('SELECT organization_id FROM gateways')).toEqual([{ organization_id: organization }]);
    expect((await updatedAt('gateways', ids.gateways)) > created).toBe(true);
    expect(await revision()).toBe(2);
  });

  it('DB-04: a gateway_id is unique among gateways that are not deleted: a deleted one frees its label', async () => {
    await expect(insertGateway(ids.factories, 'GW-1')).rejects.toMatchObject({
      constraint: 'uq_gateways_organization_id_gateway_id',
    });

    await connection.query('UPDATE gateways SET deleted_at = now()');
    await insertGateway(ids.factories, 'GW-1');
    await expect(connection.query('UPDATE gateways SET deleted_at = NULL')).rejects.toMatchObject({
      constraint: 'uq_gateways_organization_id_gateway_id',
    });
  });

  // By table: what users change, and a statement's other value for it.
  const users: Record<(typeof TABLES)[number], Record<string, string>> = {
    organizations: { name: `'other'`, metadata: `'{"a": 1}'`, gateway_networks: `'{10.0.0.0/8}'`, deleted_at: 'now()' },
    factories: {
      organization_id: `(SELECT id FROM organizations WHERE name = 'Other')`,
      name: `'other'`,
      location: `'Elm Street'`,
      timezone: `'Europe/Berlin'`,
      metadata: `'{"a": 1}'`,
      deleted_at: 'now()',
    },
    gateways: {
      factory_id: `(SELECT id FROM factories WHERE name = 'other')`,
      gateway_id: `'GW-2'`,
      name: `'other'`,
      url: `'ws://10.0.0.8'`,
      email: `'c@d'`,
      model: `'CTC'`,
      firmware_version: `'2.0'`,
      clock_zone: `'Europe/Madrid'`,
      desired_state: `'disconnected'`,
      connection_version: 'connection_version + 1',
      tls: `'{"insecure": true}'`,
      metadata: `'{"a": 1}'`,
      deleted_at: 'now()',
    },
  };
  const ours = ['id', 'created_at', 'updated_at', 'revision', 'last_seen_at', 'password_encrypted'];
  const follows = ['organization_id']; // That of a gateway changes only with that of its factory.

  it.each(TABLES)('DB-05: for every column of %s, it is defined whether its change counts', async (table) => {
    const columns = await connection.query<{ name: string }>(
      'SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1',
      [table],
    );
    const decided = [...Object.keys(users[table]), ...ours, ...(table === 'gateways' ? follows : [])];
    const undecided = columns.map(({ name }) => name).filter((name) => !decided.includes(name));

    expect(undecided).toEqual([]);
  });

  it.each(TABLES.flatMap((table) => Object.entries(users[table]).map(([column, value]) => ({ table, column, value }))))(
    'DB-05: the database sets updated_at of $table when $column changes, and not when it stays the same',
    async ({ table, column, value }) => {
      await insert(`INSERT INTO organizations (name) VALUES ('Other')`);
      await insert(`INSERT INTO factories (organization_id, name) VALUES ($1, 'other')`, ids.organizations);
      const created = await updatedAt(table, ids[table]);

      await connection.query(`UPDATE ${table} SET ${column} = ${value} WHERE id = $1`, [ids[table]]);
      const changed = await updatedAt(table, ids[table]);
      await connection.query(`UPDATE ${table} SET ${column} = ${column} WHERE id = $1`, [ids[table]]);

      expect(changed > created).toBe(true);
      expect(await updatedAt(table, ids[table])).toBe(changed);
    },
  );

  async function revision(): Promise<number> {
    const [row] = await connection.query<{ revision: number }>('SELECT revision FROM gateways');
    return row?.revision ?? NaN;
  }

  it.each(['last_seen_at = now()', `password_encrypted = 'sealed anew'`])(
    'DB-05: %s does not count as a change of a gateway',
    async (assignment) => {
      const created = await updatedAt('gateways', ids.gateways);

      await connection.query(`UPDATE gateways SET ${assignment}`);

      expect(await updatedAt('gateways', ids.gateways)).toBe(created);
      expect(await revision()).toBe(1);
    },
  );

  it.each(Object.entries(users.gateways))(
    'the revision of a gateway grows by one when %s changes, and not when it stays the same',
    async (column, value) => {
      await insert(`INSERT INTO factories (organization_id, name) VALUES ($1, 'other')`, ids.organizations);

      await connection.query(`UPDATE gateways SET ${column} = ${value}`);
      await connection.query(`UPDATE gateways SET ${column} = ${column}`);

      expect(await revision()).toBe(2);
    },
  );

  it('a revision cannot be set back together with a change', async () => {
    await connection.query(`UPDATE gateways SET name = 'other', revision = 0`);

    expect(await revision()).toBe(2);
  });

  it('a count of refusals is never below zero', async () => {
    const negative = 'INSERT INTO gateway_logins (gateway_id, connection_version, refusals) VALUES ($1, 1, -1)';
    await expect(connection.query(negative, [ids.gateways])).rejects.toMatchObject({
      constraint: 'ck_gateway_logins_refusals',
    });
  });

  it('DB-05: updated_at never runs backwards: the last write has the later time, even in an older transaction', async () => {
    const older = await SideConnection.open(database);
    await older.hold('SELECT now()'); // Its now() stands still from here on.
    await connection.query(`UPDATE gateways SET name = 'first'`);
    const first = await updatedAt('gateways', ids.gateways);

    await older.query(`UPDATE gateways SET name = 'second'`);
    await older.commit();
    await older.close();

    expect((await updatedAt('gateways', ids.gateways)) > first).toBe(true);
  });
});
