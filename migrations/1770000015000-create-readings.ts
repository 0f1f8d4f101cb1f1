import type { MigrationInterface, QueryRunner } from 'typeorm';

const AXES = ['x', 'y', 'z'];

/** Those of a vibration reading, most of them per axis. Ours are single precision, as the samples are at best; the gateway's are kept as received. */
const VIBRATION = `
  samples integer NOT NULL,
  sample_rate_hz double precision,
  rate_source text,
  ${AXES.map(
    (axis) => `${axis}_mean real, ${axis}_rms real, ${axis}_peak real, ${axis}_peak_to_peak real, ${axis}_crest real,
      ${axis}_kurtosis real, ${axis}_velocity_rms real, ${axis}_reported_peak double precision,
      ${axis}_reported_peak_to_peak double precision, ${axis}_reported_rms double precision,`,
  ).join('')}
  waveform_state text NOT NULL,
  pinned boolean NOT NULL DEFAULT false,
  CONSTRAINT ck_vibration_readings_rate_source CHECK (rate_source IN ('sensor', 'operator', 'assumed')),
  CONSTRAINT ck_vibration_readings_waveform_state CHECK (waveform_state IN ('stored', 'thinned', 'none', 'pending')),`;

const SCALAR = 'value double precision,';

/** The tables of the three kinds, their own columns, and what a trend reads from the index alone. */
const TABLES = {
  vibration_readings: {
    columns: VIBRATION,
    trend: ['rms', 'velocity_rms'].flatMap((metric) => AXES.map((axis) => `${axis}_${metric}`)),
  },
  temperature_readings: { columns: SCALAR, trend: ['value'] },
  battery_readings: { columns: SCALAR, trend: ['value'] },
};

const PARTITIONED = [...Object.keys(TABLES), 'waveforms'];

/** What users change of a gateway: see the migrations that created the triggers. */
const GATEWAY_COLUMNS = [
  ...['factory_id', 'gateway_id', 'name', 'url', 'email', 'model', 'firmware_version', 'desired_state'],
  ...['connection_version', 'metadata', 'deleted_at', 'tls', 'organization_id'],
];

export class CreateReadings1770000015000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE gateways ADD COLUMN clock_zone varchar(100)`);
    await replaceGatewayTriggers(runner, [...GATEWAY_COLUMNS, 'clock_zone']);
    // The numbers of new readings and the positions of all changes in the feed: drawn by the service, in the transaction that writes them.
    await runner.query(`CREATE SEQUENCE reading_numbers`);
    for (const [table, { columns, trend }] of Object.entries(TABLES)) await createTable(runner, table, columns, trend);
    await runner.query(`
      CREATE TABLE waveforms (
        day date NOT NULL,
        number bigint NOT NULL,
        x bytea,
        y bytea,
        z bytea,
        CONSTRAINT pk_waveforms PRIMARY KEY (number, day)
      ) PARTITION BY RANGE (day)`);
    // The blocks are compressed already.
    for (const axis of AXES) await runner.query(`ALTER TABLE waveforms ALTER COLUMN ${axis} SET STORAGE EXTERNAL`);
    await createPartitionMaker(runner);
    await createZoneCheck(runner);
    await createLedger(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE unreadable_records, reading_gaps, record_ranges`);
    await runner.query(`DROP FUNCTION zone_or_utc(text)`);
    await runner.query(`DROP FUNCTION make_reading_partitions(date[])`);
    for (const table of PARTITIONED) await runner.query(`DROP TABLE ${table}`); // With its partitions.
    await runner.query(`DROP SEQUENCE reading_numbers`);
    await replaceGatewayTriggers(runner, GATEWAY_COLUMNS);
    await runner.query(`ALTER TABLE gateways DROP COLUMN clock_zone`);
  }
}

async function createTable(runner: QueryRunner, table: string, columns: string, trend: string[]): Promise<void> {
  // The day is the date that the gateway wrote, which is the same in every time zone and in every form of the time. So it can be a part
  // of the key, and a record that comes again finds its row.
  await runner.query(`
    CREATE TABLE ${table} (
      sensor_number integer NOT NULL,
      era integer NOT NULL,
      record_id bigint NOT NULL,
      day date NOT NULL,
      number bigint NOT NULL,
      feed_position bigint NOT NULL,
      measured_at timestamptz NOT NULL,
      received_at timestamptz NOT NULL,
      time_text text,
      time_quality text NOT NULL,
      origin text NOT NULL,
      extra jsonb,
      ${columns}
      CONSTRAINT pk_${table} PRIMARY KEY (sensor_number, era, record_id, day),
      CONSTRAINT fk_${table}_sensor_number FOREIGN KEY (sensor_number) REFERENCES sensors (number) ON DELETE CASCADE,
      CONSTRAINT ck_${table}_time_quality CHECK (time_quality IN
        ('minute', 'second', 'day', 'ambiguous', 'shifted', 'receipt', 'implausible')),
      CONSTRAINT ck_${table}_origin CHECK (origin IN ('live', 'history', 'acquisition'))
    ) PARTITION BY RANGE (day)`);
  await runner.query(`
    CREATE INDEX ix_${table}_sensor_number_measured_at ON ${table} (sensor_number, measured_at, number)
    INCLUDE (${trend.join(', ')})`);
  await runner.query(`CREATE INDEX ix_${table}_feed_position ON ${table} (feed_position)`);
  // For the public id, which is day and number.
  await runner.query(`CREATE INDEX ix_${table}_number ON ${table} (number)`);
}

/**
 * Creates `make_reading_partitions`: makes the missing monthly partitions for these days, and returns how many it made. The service may
 * call it and create no table otherwise. Days before 2000 and from 2100 on share a partition each: clocks that were never set name them.
 */
async function createPartitionMaker(runner: QueryRunner): Promise<void> {
  const [{ schema }] = (await runner.query(`SELECT quote_ident(current_schema()) AS schema`)) as [{ schema: string }];
  // LIKE and ATTACH instead of PARTITION OF, which would lock out everybody who reads the table.
  await runner.query(`
    CREATE FUNCTION make_reading_partitions(days date[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp SET DateStyle = 'ISO, YMD' AS $$
      DECLARE
        part record;
        made integer := 0;
      BEGIN
        PERFORM pg_advisory_xact_lock(727001, 3);
        FOR part IN
          SELECT parent, parent || '_' || suffix AS name, lower_bound, upper_bound
          FROM unnest(ARRAY[${PARTITIONED.map((table) => `'${table}'`).join(', ')}]) AS parent,
            LATERAL (
              SELECT DISTINCT
                CASE WHEN day < '2000-01-01' THEN 'before_2000' WHEN day >= '2100-01-01' THEN 'from_2100'
                  ELSE to_char(day, 'YYYY_MM') END AS suffix,
                CASE WHEN day < '2000-01-01' THEN 'MINVALUE' WHEN day >= '2100-01-01' THEN quote_literal('2100-01-01')
                  ELSE quote_literal(date_trunc('month', day::timestamp)::date) END AS lower_bound,
                CASE WHEN day < '2000-01-01' THEN quote_literal('2000-01-01') WHEN day >= '2100-01-01' THEN 'MAXVALUE'
                  ELSE quote_literal((date_trunc('month', day::timestamp) + interval '1 month')::date) END AS upper_bound
              FROM unnest(days) AS day WHERE day IS NOT NULL
            ) AS month
          ORDER BY parent, suffix
        LOOP
          CONTINUE WHEN to_regclass(part.name) IS NOT NULL;
          EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)',
            part.name, part.parent);
          EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
            part.parent, part.name, part.lower_bound, part.upper_bound);
          made := made + 1;
        END LOOP;
        RETURN made;
      END
    $$`);
  await runner.query(`REVOKE ALL ON FUNCTION make_reading_partitions(date[]) FROM PUBLIC`);
}

/** Creates `zone_or_utc`: Node knows names of time zones that a server without all of the IANA database does not. */
async function createZoneCheck(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION zone_or_utc(zone text) RETURNS text LANGUAGE plpgsql STABLE AS $$
      BEGIN
        PERFORM now() AT TIME ZONE zone;
        RETURN zone;
      EXCEPTION WHEN invalid_parameter_value THEN
        RETURN 'UTC';
      END
    $$`);
}

async function createLedger(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE record_ranges (
      gateway_id uuid NOT NULL,
      kind text NOT NULL,
      era integer NOT NULL,
      scope text NOT NULL DEFAULT 'gateway',
      known int8multirange NOT NULL DEFAULT '{}',
      absent int8multirange NOT NULL DEFAULT '{}',
      last_day date,
      began_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT pk_record_ranges PRIMARY KEY (gateway_id, kind, era),
      CONSTRAINT fk_record_ranges_gateway_id FOREIGN KEY (gateway_id) REFERENCES gateways (id) ON DELETE CASCADE,
      CONSTRAINT ck_record_ranges_kind CHECK (kind IN ('vibration', 'temperature', 'battery')),
      CONSTRAINT ck_record_ranges_scope CHECK (scope IN ('gateway', 'sensor'))
    )`);
  await runner.query(`
    CREATE TABLE reading_gaps (
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      sensor_number integer NOT NULL,
      kind text NOT NULL,
      from_day date NOT NULL,
      to_day date NOT NULL,
      reason text NOT NULL,
      state text NOT NULL DEFAULT 'open',
      created_at timestamptz NOT NULL DEFAULT now(),
      changed_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT pk_reading_gaps PRIMARY KEY (id),
      CONSTRAINT fk_reading_gaps_sensor_number FOREIGN KEY (sensor_number) REFERENCES sensors (number) ON DELETE CASCADE,
      CONSTRAINT ck_reading_gaps_kind CHECK (kind IN ('vibration', 'temperature', 'battery')),
      CONSTRAINT ck_reading_gaps_days CHECK (from_day <= to_day),
      CONSTRAINT ck_reading_gaps_reason CHECK (reason IN ('not_at_gateway', 'too_dense', 'unreadable', 'answer_missing')),
      CONSTRAINT ck_reading_gaps_state CHECK (state IN ('open', 'filled', 'accepted'))
    )`);
  await runner.query(`CREATE INDEX ix_reading_gaps_sensor_number ON reading_gaps (sensor_number, kind, from_day)`);
  await runner.query(`
    CREATE TABLE unreadable_records (
      id uuid NOT NULL DEFAULT uuid_v7(),
      gateway_id uuid NOT NULL,
      kind text NOT NULL,
      serial bigint,
      problem text NOT NULL,
      reason text NOT NULL,
      text text NOT NULL,
      received_at timestamptz NOT NULL,
      CONSTRAINT pk_unreadable_records PRIMARY KEY (id),
      CONSTRAINT fk_unreadable_records_gateway_id FOREIGN KEY (gateway_id) REFERENCES gateways (id) ON DELETE CASCADE,
      CONSTRAINT ck_unreadable_records_kind CHECK (kind IN ('vibration', 'temperature', 'battery')),
      CONSTRAINT ck_unreadable_records_problem CHECK (problem IN ('unreadable', 'conflict'))
    )`);
  await runner.query(`CREATE INDEX ix_unreadable_records_gateway_id_id ON unreadable_records (gateway_id, id)`);
}

async function replaceGatewayTriggers(runner: QueryRunner, columns: readonly string[]): Promise<void> {
  const list = (row: string) => `(${columns.map((name) => `${row}.${name}`).join()})`;
  for (const [trigger, action] of [
    ['tr_gateways_updated_at', 'set_updated_at'],
    ['tr_gateways_revision', 'grow_revision'],
  ] as const) {
    await runner.query(`DROP TRIGGER ${trigger} ON gateways`);
    await runner.query(`
      CREATE TRIGGER ${trigger} BEFORE UPDATE OF ${columns.join()} ON gateways
      FOR EACH ROW WHEN (${list('OLD')} IS DISTINCT FROM ${list('NEW')}) EXECUTE FUNCTION ${action}()`);
  }
}
