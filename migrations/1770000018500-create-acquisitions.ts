import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAcquisitions1770000018500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE acquisitions (
        id uuid NOT NULL DEFAULT uuid_v7(),
        organization_id uuid NOT NULL,
        gateway_id uuid NOT NULL,
        sensor_id uuid NOT NULL,
        kind text NOT NULL,
        state text NOT NULL DEFAULT 'queued',
        attribution text,
        source text,
        reading_id text,
        late_reading_id text,
        failure_code text,
        failure_message text,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        sent_at timestamptz,
        started_at timestamptz,
        ended_at timestamptz,
        CONSTRAINT pk_acquisitions PRIMARY KEY (id),
        CONSTRAINT fk_acquisitions_gateway_id FOREIGN KEY (gateway_id) REFERENCES gateways (id) ON DELETE CASCADE,
        CONSTRAINT fk_acquisitions_sensor_id FOREIGN KEY (sensor_id) REFERENCES sensors (id) ON DELETE CASCADE,
        CONSTRAINT ck_acquisitions_kind CHECK (kind IN ('vibration', 'temperature', 'battery')),
        CONSTRAINT ck_acquisitions_state CHECK (
          state IN ('queued', 'sent', 'started', 'recovering', 'completed', 'failed', 'expired', 'cancelled'))
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX uq_acquisitions_open ON acquisitions (sensor_id, kind)
       WHERE state IN ('queued', 'sent', 'started', 'recovering')`,
    );
    await runner.query(`CREATE INDEX ix_acquisitions_sensor_id ON acquisitions (sensor_id, id)`);
    await runner.query(`CREATE INDEX ix_acquisitions_gateway_id ON acquisitions (gateway_id, id)`);
    await runner.query(`CREATE INDEX ix_acquisitions_organization_id ON acquisitions (organization_id, id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE acquisitions`);
  }
}
