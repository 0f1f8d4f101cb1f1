import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateZoneCorrections1770000017000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE zone_corrections (
        gateway_id uuid NOT NULL,
        ordered_at timestamptz NOT NULL DEFAULT now(),
        position jsonb,
        corrected bigint NOT NULL DEFAULT '0',
        CONSTRAINT pk_zone_corrections PRIMARY KEY (gateway_id),
        CONSTRAINT fk_zone_corrections_gateway_id FOREIGN KEY (gateway_id) REFERENCES gateways (id) ON DELETE CASCADE
      )`);
    // By triggers, so that no change of a zone is stored without its order, whoever makes it.
    await createTrigger(runner, {
      ...{ name: 'order_zone_correction', table: 'gateways', columns: 'clock_zone, factory_id' },
      changed: `(OLD.clock_zone, OLD.factory_id) IS DISTINCT FROM (NEW.clock_zone, NEW.factory_id)`,
      gateways: `SELECT NEW.id
        WHERE COALESCE(OLD.clock_zone, (SELECT timezone FROM factories WHERE id = OLD.factory_id))
          IS DISTINCT FROM COALESCE(NEW.clock_zone, (SELECT timezone FROM factories WHERE id = NEW.factory_id))`,
    });
    await createTrigger(runner, {
      ...{ name: 'order_zone_corrections', table: 'factories', columns: 'timezone' },
      changed: `OLD.timezone IS DISTINCT FROM NEW.timezone`,
      gateways: `SELECT id FROM gateways WHERE factory_id = NEW.id AND clock_zone IS NULL AND deleted_at IS NULL ORDER BY id`,
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER tr_factories_zone ON factories`);
    await runner.query(`DROP FUNCTION order_zone_corrections()`);
    await runner.query(`DROP TRIGGER tr_gateways_zone ON gateways`);
    await runner.query(`DROP FUNCTION order_zone_correction()`);
    await runner.query(`DROP TABLE zone_corrections`);
  }
}

interface ZoneTrigger {
  /** Of the function. */
  readonly name: string;
  readonly table: string;
  readonly columns: string;
  /** SQL: the condition of the trigger. */
  readonly changed: string;
  /** SQL: the gateways whose clock has another zone now. */
  readonly gateways: string;
}

/** A second order begins anew: what the first one has corrected was read in a zone that is no longer that of the clock. */
async function createTrigger(runner: QueryRunner, trigger: ZoneTrigger): Promise<void> {
  const { name, table, columns, changed, gateways } = trigger;
  await runner.query(`
    CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO zone_corrections (gateway_id) ${gateways}
        ON CONFLICT (gateway_id) DO UPDATE SET ordered_at = now(), position = NULL, corrected = 0;
        RETURN NULL;
      END
    $$`);
  await runner.query(`
    CREATE TRIGGER tr_${table}_zone AFTER UPDATE OF ${columns} ON ${table}
    FOR EACH ROW WHEN (${changed}) EXECUTE FUNCTION ${name}()`);
}
