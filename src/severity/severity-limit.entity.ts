import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** How a machine stands on its foundation. */
export const SUPPORTS = ['rigid', 'flexible'] as const;
export type Support = (typeof SUPPORTS)[number];

/** Which velocities are good or bad for a group of machines, according to a standard. Boundaries are RMS in mm/s. */
@Entity('severity_limits')
@Unique('uq_severity_limits_machine', ['standard', 'machineGroup', 'support'])
@Check('ck_severity_limits_support', `"support" IN ('rigid', 'flexible')`)
@Check(
  'ck_severity_limits_boundaries',
  `0 < "boundary_ab" AND "boundary_ab" < "boundary_bc" AND "boundary_bc" < "boundary_cd"`,
)
export class SeverityLimit {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  @Column({ type: 'varchar', length: 100 })
  readonly standard!: string;

  @Column({ type: 'varchar', length: 50 })
  readonly machineGroup!: string;

  @Column({ type: 'text' })
  readonly support!: Support;

  @Column({ type: 'double precision' })
  readonly boundaryAb!: number;

  @Column({ type: 'double precision' })
  readonly boundaryBc!: number;

  @Column({ type: 'double precision' })
  readonly boundaryCd!: number;

  @Column({ type: 'varchar', length: 500, nullable: true })
  readonly note!: string | null;

  /** Of the whole table, which is changed as a whole: the same in every row. */
  @Column({ type: 'integer', default: 1 })
  readonly revision!: number;
}
