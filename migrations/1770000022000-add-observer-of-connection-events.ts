import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which replica has seen a connection event, and with which epoch of its shard. Null for those of a sole service. No row is rewritten. */
export class AddObserverOfConnectionEvents1770000022000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE gateway_connection_events ADD COLUMN observed_by uuid, ADD COLUMN epoch bigint`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE gateway_connection_events DROP COLUMN observed_by, DROP COLUMN epoch`);
  }
}
