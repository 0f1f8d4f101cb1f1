import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['vibration_readings', 'temperature_readings', 'battery_readings'];

/**
 * Readings no longer have a foreign key to `sensors`, which was a third of the time to insert them. Their sensors are found or added in the
 * transaction that inserts them, and sensors are never deleted: see decision 35. No row is rewritten.
 */
export class DropSensorKeysOfReadings1770000023000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`ALTER TABLE ${table} DROP CONSTRAINT fk_${table}_sensor_number`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(`
        ALTER TABLE ${table} ADD CONSTRAINT fk_${table}_sensor_number
          FOREIGN KEY (sensor_number) REFERENCES sensors (number) ON DELETE CASCADE`);
    }
  }
}
