import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Columns that users change. A change of one counts as an update, and must reach the session. */
const USER_COLUMNS = [
  ...['factory_id', 'gateway_id', 'name', 'url', 'email', 'model', 'firmware_version', 'desired_state'],
  ...['connection_version', 'metadata', 'deleted_at', 'tls'],
];

export class AddGatewayOrganization1770000008000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Lets a foreign key refer to both columns, so that a gateway cannot have another organization than its factory.
    await runner.query(
      `ALTER TABLE factories ADD CONSTRAINT uq_factories_id_organization_id UNIQUE (id, organization_id)`,
    );
    await runner.query(`ALTER TABLE gateways ADD COLUMN organization_id uuid`);
    await runner.query(`
      UPDATE gateways SET organization_id = factories.organization_id
      FROM factories WHERE factories.id = gateways.factory_id`);
    await runner.query(`
      ALTER TABLE gateways
        ALTER COLUMN organization_id SET NOT NULL,
        DROP CONSTRAINT fk_gateways_factory_id,
        ADD CONSTRAINT fk_gateways_factory_id_organization_id FOREIGN KEY (factory_id, organization_id)
          REFERENCES factories (id, organization_id) ON UPDATE CASCADE ON DELETE CASCADE`);
    await this.replaceTriggers(runner, [...USER_COLUMNS, 'organization_id']);
    await this.replaceIsUrlTaken(
      runner,
      `FROM gateways
          WHERE gateways.deleted_at IS NULL AND gateways.url = wanted_url AND lower(gateways.email) = lower(wanted_email)
            AND gateways.organization_id = organization AND gateways.id IS DISTINCT FROM own_id`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.replaceIsUrlTaken(
      runner,
      `FROM gateways JOIN factories ON factories.id = gateways.factory_id
          WHERE gateways.deleted_at IS NULL AND gateways.url = wanted_url AND lower(gateways.email) = lower(wanted_email)
            AND factories.organization_id = organization AND gateways.id IS DISTINCT FROM own_id`,
    );
    await this.replaceTriggers(runner, USER_COLUMNS);
    await runner.query(`
      ALTER TABLE gateways
        DROP CONSTRAINT fk_gateways_factory_id_organization_id,
        DROP COLUMN organization_id,
        ADD CONSTRAINT fk_gateways_factory_id FOREIGN KEY (factory_id) REFERENCES factories (id) ON DELETE CASCADE`);
    await runner.query(`ALTER TABLE factories DROP CONSTRAINT uq_factories_id_organization_id`);
  }

  private async replaceTriggers(runner: QueryRunner, columns: readonly string[]): Promise<void> {
    const isChanged = `(${columns.map((name) => `OLD.${name}`).join()}) IS DISTINCT FROM (${columns.map((name) => `NEW.${name}`).join()})`;
    for (const [trigger, action] of [
      ['tr_gateways_updated_at', 'set_updated_at'],
      ['tr_gateways_revision', 'grow_revision'],
    ] as const) {
      await runner.query(`DROP TRIGGER ${trigger} ON gateways`);
      await runner.query(`
        CREATE TRIGGER ${trigger} BEFORE UPDATE OF ${columns.join()} ON gateways
        FOR EACH ROW WHEN (${isChanged}) EXECUTE FUNCTION ${action}()`);
    }
  }

  /** @param fromRows the FROM and WHERE of a query for other gateways with this URL and e-mail */
  private async replaceIsUrlTaken(runner: QueryRunner, fromRows: string): Promise<void> {
    // Volatile, for the reason given where it is created.
    await runner.query(`
      CREATE OR REPLACE FUNCTION is_gateway_url_taken(organization uuid, wanted_url text, wanted_email text, own_id uuid) RETURNS boolean
      LANGUAGE plpgsql VOLATILE AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(' ', organization, wanted_url, lower(wanted_email)), 0));
        RETURN EXISTS (
          SELECT ${fromRows});
      END
      $$`);
  }
}
