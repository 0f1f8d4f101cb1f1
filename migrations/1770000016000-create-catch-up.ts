import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateCatchUp1770000016000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE history_states (
        gateway_id uuid NOT NULL,
        kind text NOT NULL,
        since date NOT NULL,
        facts jsonb NOT NULL,
        coverage jsonb NOT NULL,
        era integer NOT NULL,
        lost_at timestamptz,
        verified_through timestamptz,
        oldest_day date,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_history_states PRIMARY KEY (gateway_id, kind),
        CONSTRAINT fk_history_states_gateway_id FOREIGN KEY (gateway_id) REFERENCES gateways (id) ON DELETE CASCADE,
        CONSTRAINT ck_history_states_kind CHECK (kind IN ('vibration', 'temperature', 'battery'))
      )`);
    await runner.query(`
      CREATE TABLE backfills (
        id uuid NOT NULL DEFAULT uuid_v7(),
        gateway_id uuid NOT NULL,
        kinds text[] NOT NULL,
        from_day date NOT NULL,
        to_day date NOT NULL,
        serials bigint[] NOT NULL,
        state text NOT NULL DEFAULT 'queued',
        requests integer NOT NULL DEFAULT 0,
        records integer NOT NULL DEFAULT 0,
        added integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        CONSTRAINT pk_backfills PRIMARY KEY (id),
        CONSTRAINT fk_backfills_gateway_id FOREIGN KEY (gateway_id) REFERENCES gateways (id) ON DELETE CASCADE,
        CONSTRAINT ck_backfills_days CHECK (from_day <= to_day),
        CONSTRAINT ck_backfills_state CHECK (state IN ('queued', 'running', 'completed', 'cancelled'))
      )`);
    await runner.query(`CREATE INDEX ix_backfills_gateway_id ON backfills (gateway_id)`);
    await runner.query(`CREATE INDEX ix_backfills_open ON backfills (id) WHERE state IN ('queued', 'running')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE backfills, history_states`);
  }
}
