import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The monthly partitions that the retention drops, each with the condition for rows that stay beyond it. Parameters: the days. */
const STAYING: Readonly<Record<string, string>> = {
  vibration_readings: 'pinned',
  temperature_readings: 'false',
  battery_readings: 'false',
  waveforms: 'false',
  waveforms_kept: 'number IN (SELECT number FROM vibration_readings WHERE pinned AND day >= $1 AND day < $2)',
};

export class CreateRetention1770000019000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE waveforms_kept (
        day date NOT NULL,
        number bigint NOT NULL,
        x bytea,
        y bytea,
        z bytea,
        CONSTRAINT pk_waveforms_kept PRIMARY KEY (number, day)
      ) PARTITION BY RANGE (day)`);
    for (const axis of ['x', 'y', 'z'])
      await runner.query(`ALTER TABLE waveforms_kept ALTER COLUMN ${axis} SET STORAGE EXTERNAL`);
    await runner.query(`
      CREATE TABLE waveform_retention (
        id boolean NOT NULL DEFAULT true,
        thinned_before date NOT NULL,
        CONSTRAINT pk_waveform_retention PRIMARY KEY (id),
        CONSTRAINT ck_waveform_retention_id CHECK (id)
      )`);
    await runner.query(`CREATE INDEX ix_vibration_readings_pinned ON vibration_readings (number) WHERE pinned`);
    const [{ schema }] = (await runner.query(`SELECT quote_ident(current_schema()) AS schema`)) as [{ schema: string }];
    const header = `LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp SET DateStyle = 'ISO, YMD'`;
    await createKeptPartitionMaker(runner, header);
    await createPartitionDropper(runner, header);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION drop_reading_partition(text, date)`);
    await runner.query(`DROP FUNCTION make_kept_partition(date)`);
    await runner.query(`DROP INDEX ix_vibration_readings_pinned`);
    await runner.query(`DROP TABLE waveform_retention`);
    await runner.query(`DROP TABLE waveforms_kept`);
  }
}

/** Creates `make_kept_partition`: makes the partition of `waveforms_kept` for a day, as `make_reading_partitions` makes the others. */
async function createKeptPartitionMaker(runner: QueryRunner, header: string): Promise<void> {
  await runner.query(`
    CREATE FUNCTION make_kept_partition(day date) RETURNS void ${header} AS $$
      DECLARE
        month date := date_trunc('month', day::timestamp);
        part text := 'waveforms_kept_' || CASE WHEN day < '2000-01-01' THEN 'before_2000' WHEN day >= '2100-01-01' THEN 'from_2100'
          ELSE to_char(day, 'YYYY_MM') END;
        bounds text := CASE WHEN day < '2000-01-01' THEN $b$MINVALUE) TO ('2000-01-01'$b$
          WHEN day >= '2100-01-01' THEN $b$'2100-01-01') TO (MAXVALUE$b$
          ELSE format('%L) TO (%L', month, (month + interval '1 month')::date) END;
      BEGIN
        PERFORM pg_advisory_xact_lock(727001, 3);
        IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
        EXECUTE format('CREATE TABLE %I (LIKE waveforms_kept INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', part);
        EXECUTE format('ALTER TABLE waveforms_kept ATTACH PARTITION %I FOR VALUES FROM (%s)', part, bounds);
      END
    $$`);
  await runner.query(`REVOKE ALL ON FUNCTION make_kept_partition(date) FROM PUBLIC`);
}

/**
 * Creates `drop_reading_partition`: drops the partition of a month, and returns whether it did. If it has pinned rows, another one that has
 * only these takes its place. The table is dropped, not detached first: see the decision record. It takes the lock of the writers of
 * readings, and an exclusive one on the table until the end of the transaction; set `lock_timeout`.
 */
async function createPartitionDropper(runner: QueryRunner, header: string): Promise<void> {
  const cases = Object.entries(STAYING).map(([table, condition]) => `WHEN '${table}' THEN '${condition}'`);
  await runner.query(`
    CREATE FUNCTION drop_reading_partition(parent text, month date) RETURNS boolean ${header} AS $$
      DECLARE
        part text := parent || '_' || to_char(month, 'YYYY_MM');
        next_month date := month + interval '1 month';
        staying text := CASE parent ${cases.join(' ')} END;
        some_stay boolean;
        some_go boolean;
      BEGIN
        IF staying IS NULL OR month <> date_trunc('month', month::timestamp)::date THEN
          RAISE EXCEPTION 'no partition of readings: % %', parent, month;
        END IF;
        PERFORM pg_advisory_xact_lock(727001, 4);
        PERFORM pg_advisory_xact_lock(727001, 3);
        IF to_regclass(part) IS NULL THEN RETURN false; END IF;
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %s), EXISTS (SELECT FROM %I WHERE NOT (%s))', part, staying, part, staying)
          INTO some_stay, some_go USING month, next_month;
        IF NOT some_stay THEN
          EXECUTE format('DROP TABLE %I', part);
          RETURN true;
        END IF;
        IF NOT some_go THEN RETURN false; END IF;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', part || '_pinned', parent);
        EXECUTE format('INSERT INTO %I SELECT * FROM %I WHERE %s', part || '_pinned', part, staying) USING month, next_month;
        EXECUTE format('DROP TABLE %I', part);
        EXECUTE format('ALTER TABLE %I RENAME TO %I', part || '_pinned', part);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part, month, next_month);
        RETURN true;
      END
    $$`);
  await runner.query(`REVOKE ALL ON FUNCTION drop_reading_partition(text, date) FROM PUBLIC`);
}
