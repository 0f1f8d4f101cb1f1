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
    // For the clean-up.
    await runner.query(`CREATE INDEX ix_gateway_accounts_since ON gateway_accounts (since)`);
    // Whether an organization has a URL already.
    await runner.query(`CREATE INDEX ix_gateways_url ON gateways (url) WHERE deleted_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ix_gateways_url`);
    await runner.query(`DROP TABLE gateway_accounts`);
  }
}
