import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOrganizations1770000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // clock_timestamp(), not now(): writers of a row wait for its lock in turn, so the time never goes back. now() is the start of
    // the transaction, which may be before that of the transaction it waited for.
    await runner.query(`
      CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.updated_at = clock_timestamp();
        RETURN NEW;
      END
      $$`);
    await runner.query(`
      CREATE TABLE organizations (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        name varchar(255) COLLATE "C" NOT NULL,
        metadata jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz,
        CONSTRAINT pk_organizations PRIMARY KEY (id)
      )`);
    await runner.query(`CREATE INDEX ix_organizations_name ON organizations (name, id) WHERE deleted_at IS NULL`);
    await runner.query(`
      CREATE TRIGGER tr_organizations_updated_at BEFORE UPDATE OF name, metadata, deleted_at ON organizations
      FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION set_updated_at()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE organizations`);
    await runner.query(`DROP FUNCTION set_updated_at()`);
  }
}
