import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who owns which gateways when several replicas share them. A sole service does not use these tables. */
export class CreateReplicas1770000021000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Half-empty pages: these few rows are updated every second or so, in place.
    await runner.query(`
      CREATE TABLE replicas (
        id uuid NOT NULL,
        name varchar(100) NOT NULL,
        generation bigint NOT NULL,
        version text NOT NULL,
        protocol integer NOT NULL,
        state text NOT NULL DEFAULT 'active',
        beat bigint NOT NULL DEFAULT '0',
        started_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        ended_by uuid,
        CONSTRAINT pk_replicas PRIMARY KEY (id),
        CONSTRAINT ck_replicas_state CHECK (state IN ('active', 'draining', 'gone'))
      ) WITH (fillfactor = 50)`);
    await runner.query(`CREATE INDEX ix_replicas_present ON replicas (id) WHERE state <> 'gone'`);
    await runner.query(`CREATE INDEX ix_replicas_name ON replicas (name, generation)`);
    await runner.query(`
      CREATE TABLE shards (
        shard smallint NOT NULL,
        owner uuid,
        wanted uuid,
        epoch bigint NOT NULL DEFAULT '0',
        since timestamptz,
        CONSTRAINT pk_shards PRIMARY KEY (shard)
      ) WITH (fillfactor = 50)`);
    await runner.query(`INSERT INTO shards (shard) SELECT generate_series(0, 1023)`);
    await runner.query(`
      CREATE TABLE cluster (
        id smallint NOT NULL DEFAULT '1',
        version bigint NOT NULL DEFAULT '0',
        rev bigint NOT NULL DEFAULT '0',
        CONSTRAINT pk_cluster PRIMARY KEY (id),
        CONSTRAINT ck_cluster_one_row CHECK (id = 1)
      )`);
    await runner.query(`INSERT INTO cluster DEFAULT VALUES`);
    await this.addShardOf(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ix_gateways_shard`);
    await runner.query(`DROP FUNCTION shard_of(uuid)`);
    await runner.query(`DROP TABLE cluster`);
    await runner.query(`DROP TABLE shards`);
    await runner.query(`DROP TABLE replicas`);
  }

  /** A function in place of a stored column: the table need not be rewritten, and other tables ask by their own ids. */
  private async addShardOf(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION shard_of(id uuid) RETURNS smallint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      RETURN (((get_byte(uuid_send(id), 14) & 3) << 8) | get_byte(uuid_send(id), 15))::smallint`);
    await runner.query(`CREATE INDEX ix_gateways_shard ON gateways (shard_of(id)) WHERE deleted_at IS NULL`);
  }
}
