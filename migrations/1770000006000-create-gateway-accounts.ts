import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateGatewayAccounts1770000006000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE gateway_accounts (
        digest bytea NOT NULL,
        refusals integer NOT NULL,
        since timestamptz NOT NULL,
        CONSTRAINT pk_gateway_accounts PRIMARY KEY (digest),
        CONSTRAINT ck_gateway_accounts_refusals CHECK (refusals >= 0)
      )`);
    // For deleting old accounts.
    await runner.query(`CREATE INDEX ix_gateway_accounts_since ON gateway_accounts (since)`);
    // For finding out whether an organization already has a URL.
    await runner.query(`CREATE INDEX ix_gateways_url ON gateways (url) WHERE deleted_at IS NULL`);
    // Not a unique index: it cannot span factories or permit intended duplicates. A volatile function sees what was committed after the
    // calling statement began, so of two concurrent callers the second sees the row of the first: PostgreSQL documentation, 38.7.
    await runner.query(`
      CREATE FUNCTION is_gateway_url_taken(organization uuid, wanted_url text, wanted_email text, own_id uuid) RETURNS boolean
      LANGUAGE plpgsql VOLATILE AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(' ', organization, wanted_url, lower(wanted_email)), 0));
        RETURN EXISTS (
          SELECT FROM gateways JOIN factories ON factories.id = gateways.factory_id
          WHERE gateways.deleted_at IS NULL AND gateways.url = wanted_url AND lower(gateways.email) = lower(wanted_email)
            AND factories.organization_id = organization AND gateways.id IS DISTINCT FROM own_id);
      END
      $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION is_gateway_url_taken`);
    await runner.query(`DROP INDEX ix_gateways_url`);
    await runner.query(`DROP TABLE gateway_accounts`);
  }
}
