import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateGatewayConnectionEvents1770000005000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE gateway_connection_events (
        id uuid NOT NULL,
        gateway_id uuid NOT NULL,
        first_at timestamptz NOT NULL,
        at timestamptz NOT NULL,
        from_state text NOT NULL,
        to_state text NOT NULL,
        reason jsonb,
        attempt integer NOT NULL,
        count integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_gateway_connection_events PRIMARY KEY (id),
        CONSTRAINT fk_gateway_connection_events_gateway_id FOREIGN KEY (gateway_id) REFERENCES gateways (id) ON DELETE CASCADE,
        CONSTRAINT ck_gateway_connection_events_from_state CHECK (from_state IN
          ('disconnected', 'connecting', 'authenticating', 'connected', 'reconnecting', 'auth_failed')),
        CONSTRAINT ck_gateway_connection_events_to_state CHECK (to_state IN
          ('disconnected', 'connecting', 'authenticating', 'connected', 'reconnecting', 'auth_failed'))
      )`);
    await runner.query(
      `CREATE INDEX ix_gateway_connection_events_gateway_id_id ON gateway_connection_events (gateway_id, id)`,
    );
    // For deleting old events.
    await runner.query(`CREATE INDEX ix_gateway_connection_events_at ON gateway_connection_events (at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE gateway_connection_events`);
  }
}
