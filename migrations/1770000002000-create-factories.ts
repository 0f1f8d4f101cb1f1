import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateFactories1770000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE factories (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        organization_id uuid NOT NULL,
        name varchar(255) COLLATE "C" NOT NULL,
        location varchar(500),
        timezone varchar(100) NOT NULL DEFAULT 'UTC',
        metadata jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        CONSTRAINT pk_factories PRIMARY KEY (id),
        CONSTRAINT fk_factories_organization_id FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
      )`);
    await runner.query(`CREATE INDEX ix_factories_organization_id ON factories (organization_id)`);
    await runner.query(`
      CREATE INDEX ix_factories_organization_id_name ON factories (organization_id, name, id) WHERE deleted_at IS NULL`);
    await runner.query(`CREATE INDEX ix_factories_name ON factories (name, id) WHERE deleted_at IS NULL`);
    await runner.query(`
      CREATE TRIGGER tr_factories_updated_at
      BEFORE UPDATE OF organization_id, name, location, timezone, metadata, deleted_at ON factories
      FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION set_updated_at()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE factories`);
  }
}
