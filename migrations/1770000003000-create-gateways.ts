import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateGateways1770000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE gateways (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        factory_id uuid NOT NULL,
        gateway_id varchar(255) COLLATE "C" NOT NULL,
        name varchar(255) COLLATE "C" NOT NULL,
        url varchar(500) NOT NULL,
        email varchar(255) NOT NULL,
        password_encrypted text NOT NULL,
        model varchar(100),
        firmware_version varchar(50),
        desired_state text NOT NULL DEFAULT 'connected',
        connection_version integer NOT NULL DEFAULT 1,
        last_seen_at timestamptz,
        metadata jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        CONSTRAINT pk_gateways PRIMARY KEY (id),
        CONSTRAINT fk_gateways_factory_id FOREIGN KEY (factory_id) REFERENCES factories (id) ON DELETE CASCADE,
        CONSTRAINT ck_gateways_desired_state CHECK (desired_state IN ('connected', 'disconnected'))
      )`);
    await runner.query(`CREATE UNIQUE INDEX uq_gateways_gateway_id ON gateways (gateway_id) WHERE deleted_at IS NULL`);
    await runner.query(`CREATE INDEX ix_gateways_factory_id ON gateways (factory_id)`);
    await runner.query(`
      CREATE INDEX ix_gateways_factory_id_name ON gateways (factory_id, name, id) WHERE deleted_at IS NULL`);
    await runner.query(`CREATE INDEX ix_gateways_name ON gateways (name, id) WHERE deleted_at IS NULL`);
    // Not password_encrypted: encrypting it with another key is not a change, and a changed password changes connection_version.
    // Not last_seen_at: the service refreshes it, users do not change it.
    await runner.query(`
      CREATE TRIGGER tr_gateways_updated_at
      BEFORE UPDATE OF factory_id, gateway_id, name, url, email, model, firmware_version, desired_state,
        connection_version, metadata, deleted_at ON gateways
      FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION set_updated_at()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE gateways`);
  }
}
