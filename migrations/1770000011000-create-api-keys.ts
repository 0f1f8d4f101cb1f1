import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What users change of a key, and what ends it. */
const USER_COLUMNS = ['name', 'scopes', 'allowed_networks', 'expires_at', 'revoked_at'];

export class CreateApiKeys1770000011000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_keys (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        organization_id uuid,
        name varchar(255) COLLATE "C" NOT NULL,
        prefix varchar(12) NOT NULL,
        hash bytea NOT NULL,
        role text NOT NULL,
        scopes text[],
        allowed_networks cidr[],
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        last_used_address inet,
        created_by jsonb NOT NULL,
        rotated_from uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        revision integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_api_keys PRIMARY KEY (id),
        CONSTRAINT fk_api_keys_organization_id FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
        CONSTRAINT ck_api_keys_hash CHECK (octet_length(hash) = 32),
        CONSTRAINT ck_api_keys_role CHECK (role IN ('viewer', 'operator', 'admin'))
      )`);
    await runner.query(`CREATE UNIQUE INDEX uq_api_keys_prefix ON api_keys (prefix)`);
    await runner.query(`CREATE UNIQUE INDEX uq_api_keys_hash ON api_keys (hash)`);
    await runner.query(`CREATE INDEX ix_api_keys_organization_id_name ON api_keys (organization_id, name, id)`);
    await this.addTriggers(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER tr_organizations_revoke_keys ON organizations`);
    await runner.query(`DROP FUNCTION revoke_keys_of_organization()`);
    await runner.query(`DROP TABLE api_keys`);
    await runner.query(`DROP FUNCTION announce_key()`);
  }

  private async addTriggers(runner: QueryRunner): Promise<void> {
    const list = (row: string) => `(${USER_COLUMNS.map((name) => `${row}.${name}`).join()})`;
    const onChange = `UPDATE OF ${USER_COLUMNS.join()} ON api_keys
      FOR EACH ROW WHEN (${list('OLD')} IS DISTINCT FROM ${list('NEW')}) EXECUTE FUNCTION`;
    await runner.query(`CREATE TRIGGER tr_api_keys_updated_at BEFORE ${onChange} set_updated_at()`);
    await runner.query(`CREATE TRIGGER tr_api_keys_revision BEFORE ${onChange} grow_revision()`);
    // Every service listens on this channel, and reads the keys that it names.
    await runner.query(`
      CREATE FUNCTION announce_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_notify('gateway_hub_keys', COALESCE(NEW.id, OLD.id)::text);
        RETURN NULL;
      END
      $$`);
    await runner.query(`CREATE TRIGGER tr_api_keys_changed AFTER ${onChange} announce_key()`);
    await runner.query(`
      CREATE TRIGGER tr_api_keys_announced AFTER INSERT OR DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION announce_key()`);
    // Organizations are deleted by a date, so no foreign key can end their keys.
    await runner.query(`
      CREATE FUNCTION revoke_keys_of_organization() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE api_keys SET revoked_at = now() WHERE organization_id = NEW.id AND revoked_at IS NULL;
        RETURN NULL;
      END
      $$`);
    await runner.query(`
      CREATE TRIGGER tr_organizations_revoke_keys AFTER UPDATE OF deleted_at ON organizations
      FOR EACH ROW WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION revoke_keys_of_organization()`);
  }
}
