import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateGatewayLogins1770000009000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE gateway_logins (
        gateway_id uuid NOT NULL,
        connection_version integer NOT NULL,
        accepted boolean NOT NULL DEFAULT false,
        refusals integer NOT NULL DEFAULT 0,
        next_login_at timestamptz,
        CONSTRAINT pk_gateway_logins PRIMARY KEY (gateway_id, connection_version),
        CONSTRAINT fk_gateway_logins_gateway_id FOREIGN KEY (gateway_id) REFERENCES gateways (id) ON DELETE CASCADE,
        CONSTRAINT ck_gateway_logins_refusals CHECK (refusals >= 0)
      )`);
    // A login that was never tried has no row.
    await runner.query(`
      INSERT INTO gateway_logins (gateway_id, connection_version, accepted, refusals, next_login_at)
      SELECT id, connection_version, login_accepted, login_refusals, next_login_at FROM gateways
      WHERE deleted_at IS NULL AND (login_accepted OR login_refusals > 0 OR next_login_at IS NOT NULL)`);
    await runner.query(
      `ALTER TABLE gateways DROP COLUMN login_accepted, DROP COLUMN login_refusals, DROP COLUMN next_login_at`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE gateways
        ADD COLUMN login_accepted boolean NOT NULL DEFAULT false,
        ADD COLUMN login_refusals integer NOT NULL DEFAULT 0,
        ADD COLUMN next_login_at timestamptz,
        ADD CONSTRAINT ck_gateways_login_refusals CHECK (login_refusals >= 0)`);
    await runner.query(`
      UPDATE gateways SET login_accepted = login.accepted, login_refusals = login.refusals, next_login_at = login.next_login_at
      FROM gateway_logins AS login
      WHERE login.gateway_id = gateways.id AND login.connection_version = gateways.connection_version`);
    await runner.query(`DROP TABLE gateway_logins`);
  }
}
