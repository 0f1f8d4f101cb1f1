import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexScheduledAcquisitions1770000020500 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX ix_acquisitions_schedule_id ON acquisitions (schedule_id, id) WHERE schedule_id IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ix_acquisitions_schedule_id`);
  }
}
