import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The columns of organizations that users change, without the one that is added here. */
const USER_COLUMNS = ['name', 'metadata', 'deleted_at'];

export class AddOrganizationNetworks1770000013500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE organizations ADD COLUMN gateway_networks cidr[]`);
    await replaceRevisionTrigger(runner, [...USER_COLUMNS, 'gateway_networks']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceRevisionTrigger(runner, USER_COLUMNS);
    await runner.query(`ALTER TABLE organizations DROP COLUMN gateway_networks`);
  }
}

async function replaceRevisionTrigger(runner: QueryRunner, columns: readonly string[]): Promise<void> {
  const list = (row: string) => `(${columns.map((name) => `${row}.${name}`).join()})`;
  await runner.query(`DROP TRIGGER tr_organizations_revision ON organizations`);
  await runner.query(`
    CREATE TRIGGER tr_organizations_revision BEFORE UPDATE OF ${columns.join()} ON organizations
    FOR EACH ROW WHEN (${list('OLD')} IS DISTINCT FROM ${list('NEW')}) EXECUTE FUNCTION grow_revision()`);
}
