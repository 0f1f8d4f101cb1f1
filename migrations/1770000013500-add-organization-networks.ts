import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The columns of organizations that users change, without the one that is added here. */
const USER_COLUMNS = ['name', 'metadata', 'deleted_at'];

export class AddOrganizationNetworks1770000013500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE organizations ADD COLUMN gateway_networks cidr[]`);
    await replaceTriggers(runner, [...USER_COLUMNS, 'gateway_networks']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceTriggers(runner, USER_COLUMNS);
    await runner.query(`ALTER TABLE organizations DROP COLUMN gateway_networks`);
  }
}

async function replaceTriggers(runner: QueryRunner, columns: readonly string[]): Promise<void> {
  const list = (row: string) => `(${columns.map((name) => `${row}.${name}`).join()})`;
  const triggers = [
    ['tr_organizations_updated_at', 'OLD.* IS DISTINCT FROM NEW.*', 'set_updated_at'],
    ['tr_organizations_revision', `${list('OLD')} IS DISTINCT FROM ${list('NEW')}`, 'grow_revision'],
  ] as const;
  for (const [name, isChanged, run] of triggers) {
    await runner.query(`DROP TRIGGER ${name} ON organizations`);
    await runner.query(`
      CREATE TRIGGER ${name} BEFORE UPDATE OF ${columns.join()} ON organizations
      FOR EACH ROW WHEN (${isChanged}) EXECUTE FUNCTION ${run}()`);
  }
}
