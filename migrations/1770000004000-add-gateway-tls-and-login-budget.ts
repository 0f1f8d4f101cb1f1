import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Columns that users change. A change of one counts as an update, and must reach the session. */
const USER_COLUMNS = [
  ...['factory_id', 'gateway_id', 'name', 'url', 'email', 'model', 'firmware_version', 'desired_state'],
  ...['connection_version', 'metadata', 'deleted_at'],
];

export class AddGatewayTlsAndLoginBudget1770000004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE gateways
        ADD COLUMN tls jsonb,
        ADD COLUMN login_accepted boolean NOT NULL DEFAULT false,
        ADD COLUMN login_refusals integer NOT NULL DEFAULT 0,
        ADD COLUMN next_login_at timestamptz,
        ADD COLUMN revision integer NOT NULL DEFAULT 1,
        ADD CONSTRAINT ck_gateways_login_refusals CHECK (login_refusals >= 0)`);
    // A counter, not a time: clocks can step back, and a change that looks older than the known state is ignored.
    await runner.query(`
      CREATE FUNCTION grow_revision() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.revision = OLD.revision + 1;
        RETURN NEW;
      END
      $$`);
    // The statement that stores a desired state can also change the login budget, which is not a change by the user.
    const columns = [...USER_COLUMNS, 'tls'];
    const isChanged = `(${columns.map((name) => `OLD.${name}`).join()}) IS DISTINCT FROM (${columns.map((name) => `NEW.${name}`).join()})`;
    await this.replaceUpdatedAtTrigger(runner, columns, isChanged);
    await runner.query(`
      CREATE TRIGGER tr_gateways_revision BEFORE UPDATE OF ${columns.join()} ON gateways
      FOR EACH ROW WHEN (${isChanged}) EXECUTE FUNCTION grow_revision()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER tr_gateways_revision ON gateways`);
    await runner.query(`DROP FUNCTION grow_revision()`);
    await this.replaceUpdatedAtTrigger(runner, USER_COLUMNS, 'OLD.* IS DISTINCT FROM NEW.*');
    await runner.query(`
      ALTER TABLE gateways DROP COLUMN tls, DROP COLUMN login_accepted, DROP COLUMN login_refusals,
        DROP COLUMN next_login_at, DROP COLUMN revision`);
  }

  private async replaceUpdatedAtTrigger(runner: QueryRunner, columns: string[], isChanged: string): Promise<void> {
    await runner.query(`DROP TRIGGER tr_gateways_updated_at ON gateways`);
    await runner.query(`
      CREATE TRIGGER tr_gateways_updated_at BEFORE UPDATE OF ${columns.join()} ON gateways
      FOR EACH ROW WHEN (${isChanged}) EXECUTE FUNCTION set_updated_at()`);
  }
}
