import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What users change of a schedule. */
const USER_COLUMNS = ['name', 'max_age_s', 'windows', 'daily_budget', 'enabled', 'metadata', 'deleted_at'];

/** The keys of the list's sorts and filters. */
const INDEXES: Readonly<Record<string, string>> = {
  ix_schedules_name: 'name, id',
  ix_schedules_name_ci: 'name COLLATE natural_ci, id',
  ix_schedules_created_at: 'created_at, id',
  ix_schedules_updated_at: 'updated_at, id',
  ix_schedules_organization_id_name: 'organization_id, name, id',
};

export class CreateSchedules1770000020000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE schedules (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        organization_id uuid NOT NULL,
        factory_id uuid,
        gateway_id uuid,
        sensor_id uuid,
        name varchar(255) COLLATE "C" NOT NULL,
        kind text NOT NULL,
        max_age_s integer NOT NULL,
        windows jsonb NOT NULL,
        daily_budget integer NOT NULL,
        enabled boolean NOT NULL DEFAULT true,
        metadata jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        revision integer NOT NULL DEFAULT 1,
        deleted_at timestamptz,
        CONSTRAINT pk_schedules PRIMARY KEY (id),
        CONSTRAINT fk_schedules_organization_id FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
        CONSTRAINT fk_schedules_factory_id FOREIGN KEY (factory_id) REFERENCES factories (id) ON DELETE CASCADE,
        CONSTRAINT fk_schedules_gateway_id FOREIGN KEY (gateway_id) REFERENCES gateways (id) ON DELETE CASCADE,
        CONSTRAINT fk_schedules_sensor_id FOREIGN KEY (sensor_id) REFERENCES sensors (id) ON DELETE CASCADE,
        CONSTRAINT ck_schedules_target CHECK (num_nonnulls(factory_id, gateway_id, sensor_id) = 1),
        CONSTRAINT ck_schedules_kind CHECK (kind IN ('vibration', 'temperature', 'battery')),
        CONSTRAINT ck_schedules_limits CHECK (max_age_s > 0 AND daily_budget >= 0)
      )`);
    for (const [name, columns] of Object.entries(INDEXES)) {
      await runner.query(`CREATE INDEX ${name} ON schedules (${columns}) WHERE deleted_at IS NULL`);
    }
    // For the foreign keys too, whose cascades look at deleted rows.
    for (const target of ['factory_id', 'gateway_id', 'sensor_id']) {
      await runner.query(`CREATE INDEX ix_schedules_${target} ON schedules (${target})`);
    }
    await this.addTriggers(runner);
    await runner.query(`ALTER TABLE acquisitions ADD COLUMN schedule_id uuid`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE acquisitions DROP COLUMN schedule_id`);
    await runner.query(`DROP TRIGGER tr_gateways_schedules ON gateways`);
    await runner.query(`DROP TRIGGER tr_factories_schedules ON factories`);
    await runner.query(`DROP FUNCTION delete_gateway_schedules()`);
    await runner.query(`DROP FUNCTION delete_factory_schedules()`);
    await runner.query(`DROP TABLE schedules`);
  }

  private async addTriggers(runner: QueryRunner): Promise<void> {
    const list = (row: string) => `(${USER_COLUMNS.map((name) => `${row}.${name}`).join()})`;
    const onChange = `BEFORE UPDATE OF ${USER_COLUMNS.join()} ON schedules
      FOR EACH ROW WHEN (${list('OLD')} IS DISTINCT FROM ${list('NEW')}) EXECUTE FUNCTION`;
    await runner.query(`CREATE TRIGGER tr_schedules_updated_at ${onChange} set_updated_at()`);
    await runner.query(`CREATE TRIGGER tr_schedules_revision ${onChange} grow_revision()`);
    // A schedule ends with its target, whichever statement deletes that. A sensor is not deleted; its gateway is.
    await this.endWith(runner, 'factories', 'delete_factory_schedules', 'factory_id = NEW.id');
    await this.endWith(
      runner,
      'gateways',
      'delete_gateway_schedules',
      '(gateway_id = NEW.id OR sensor_id = ANY (ARRAY(SELECT id FROM sensors WHERE sensors.gateway_id = NEW.id)))',
    );
  }

  private async endWith(runner: QueryRunner, table: string, name: string, condition: string): Promise<void> {
    await runner.query(`
      CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE schedules SET deleted_at = now() WHERE ${condition} AND deleted_at IS NULL;
        RETURN NULL;
      END
      $$`);
    await runner.query(`
      CREATE TRIGGER tr_${table}_schedules AFTER UPDATE OF deleted_at ON ${table}
      FOR EACH ROW WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION ${name}()`);
  }
}
