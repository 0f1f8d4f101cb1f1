import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The columns of these tables that users change. */
const USER_COLUMNS = {
  organizations: ['name', 'metadata', 'deleted_at'],
  factories: ['organization_id', 'name', 'location', 'timezone', 'metadata', 'deleted_at'],
} as const;

export class AddOrganizationScopeAndRevisions1770000010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX uq_gateways_gateway_id`);
    await runner.query(`
      CREATE UNIQUE INDEX uq_gateways_organization_id_gateway_id ON gateways (organization_id, gateway_id) WHERE deleted_at IS NULL`);
    await runner.query(`
      CREATE INDEX ix_gateways_organization_id_name ON gateways (organization_id, name, id) WHERE deleted_at IS NULL`);
    for (const [table, columns] of Object.entries(USER_COLUMNS)) {
      const isChanged = `(${columns.map((name) => `OLD.${name}`).join()}) IS DISTINCT FROM (${columns.map((name) => `NEW.${name}`).join()})`;
      await runner.query(`ALTER TABLE ${table} ADD COLUMN revision integer NOT NULL DEFAULT 1`);
      await runner.query(`
        CREATE TRIGGER tr_${table}_revision BEFORE UPDATE OF ${columns.join()} ON ${table}
        FOR EACH ROW WHEN (${isChanged}) EXECUTE FUNCTION grow_revision()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(USER_COLUMNS)) {
      await runner.query(`DROP TRIGGER tr_${table}_revision ON ${table}`);
      await runner.query(`ALTER TABLE ${table} DROP COLUMN revision`);
    }
    await runner.query(`DROP INDEX ix_gateways_organization_id_name`);
    await runner.query(`DROP INDEX uq_gateways_organization_id_gateway_id`);
    // Fails if two organizations use the same gateway_id: 1.x cannot represent that.
    await runner.query(`CREATE UNIQUE INDEX uq_gateways_gateway_id ON gateways (gateway_id) WHERE deleted_at IS NULL`);
  }
}
