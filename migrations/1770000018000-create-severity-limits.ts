import type { MigrationInterface, QueryRunner } from 'typeorm';

const NOTE = 'Check these values against the edition of the standard that you own before you rely on them.';

/** Velocity RMS in mm/s at the boundaries A/B, B/C and C/D. Group 1: above 300 kW; group 2: from 15 to 300 kW. */
const ISO_20816_3 = [
  ['1', 'rigid', 2.3, 4.5, 7.1],
  ['1', 'flexible', 3.5, 7.1, 11],
  ['2', 'rigid', 1.4, 2.8, 4.5],
  ['2', 'flexible', 2.3, 4.5, 7.1],
] as const;

export class CreateSeverityLimits1770000018000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE severity_limits (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        standard varchar(100) NOT NULL,
        machine_group varchar(50) NOT NULL,
        support text NOT NULL,
        boundary_ab double precision NOT NULL,
        boundary_bc double precision NOT NULL,
        boundary_cd double precision NOT NULL,
        note varchar(500),
        revision integer NOT NULL DEFAULT 1,
        CONSTRAINT pk_severity_limits PRIMARY KEY (id),
        CONSTRAINT uq_severity_limits_machine UNIQUE (standard, machine_group, support),
        CONSTRAINT ck_severity_limits_support CHECK (support IN ('rigid', 'flexible')),
        CONSTRAINT ck_severity_limits_boundaries CHECK (0 < boundary_ab AND boundary_ab < boundary_bc AND boundary_bc < boundary_cd)
      )`);
    for (const limits of ISO_20816_3) {
      await runner.query(
        `INSERT INTO severity_limits (standard, machine_group, support, boundary_ab, boundary_bc, boundary_cd, note)
         VALUES ('ISO 20816-3', $1, $2, $3, $4, $5, $6)`,
        [...limits, NOTE],
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE severity_limits`);
  }
}
