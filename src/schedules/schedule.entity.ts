import { Check, Column, Entity, Index, ManyToOne } from 'typeorm';
import type { Relation, ValueTransformer } from 'typeorm';
import { BaseEntity, NAME_COLLATION } from '../database/base.entity';
import { Factory } from '../factories/factory.entity';
import { Gateway } from '../gateways/gateway.entity';
import { Organization } from '../organizations/organization.entity';
import type { ReadingKind } from '../readings/reading';
import { Sensor } from '../sensors/sensor.entity';
import type { Window } from './window';

const LIVING = { where: '"deleted_at" IS NULL' };

/** The driver would write a list as an array of PostgreSQL. */
const asJson: ValueTransformer = {
  to: (windows: unknown) => JSON.stringify(windows),
  from: (windows: unknown) => windows,
};

/** How old the readings of some sensors may be. Deleted with its target, by triggers. */
@Entity('schedules')
@Index('ix_schedules_name', ['name', 'id'], LIVING)
@Index('ix_schedules_name_ci', { synchronize: false }) // Its collation cannot be expressed here: see the migration.
@Index('ix_schedules_created_at', ['createdAt', 'id'], LIVING)
@Index('ix_schedules_updated_at', ['updatedAt', 'id'], LIVING)
@Index('ix_schedules_organization_id_name', ['organizationId', 'name', 'id'], LIVING)
@Index('ix_schedules_factory_id', ['factoryId'])
@Index('ix_schedules_gateway_id', ['gatewayId'])
@Index('ix_schedules_sensor_id', ['sensorId'])
@Check('ck_schedules_target', `num_nonnulls("factory_id", "gateway_id", "sensor_id") = 1`)
@Check('ck_schedules_kind', `"kind" IN ('vibration', 'temperature', 'battery')`)
@Check('ck_schedules_limits', `"max_age_s" > 0 AND "daily_budget" >= 0`)
export class Schedule extends BaseEntity {
  /** That of the target. */
  @Column({ type: 'uuid' })
  organizationId!: string;

  @ManyToOne(() => Organization, { onDelete: 'CASCADE', nullable: false })
  organization?: Relation<Organization>;

  /** All sensors of its gateways. Exactly one of the three is not null. */
  @Column({ type: 'uuid', nullable: true })
  factoryId!: string | null;

  @ManyToOne(() => Factory, { onDelete: 'CASCADE', nullable: true })
  factory?: Relation<Factory> | null;

  /** All sensors of this gateway. */
  @Column({ type: 'uuid', nullable: true })
  gatewayId!: string | null;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: true })
  gateway?: Relation<Gateway> | null;

  @Column({ type: 'uuid', nullable: true })
  sensorId!: string | null;

  @ManyToOne(() => Sensor, { onDelete: 'CASCADE', nullable: true })
  sensor?: Relation<Sensor> | null;

  @Column({ type: 'varchar', length: 255, collation: NAME_COLLATION })
  name!: string;

  @Column({ type: 'text' })
  kind!: ReadingKind;

  /** How old the latest reading of a sensor may become. */
  @Column({ type: 'integer' })
  maxAgeS!: number;

  /** When it may order; empty: always. */
  @Column({ type: 'jsonb', transformer: asJson })
  windows!: readonly Window[];

  /** How many orders of this kind a sensor may get on one day of its factory. */
  @Column({ type: 'integer' })
  dailyBudget!: number;

  @Column({ type: 'boolean', default: true })
  enabled!: boolean;
}

/** A living schedule as it is read. */
export type ScheduleRow = Omit<Schedule, 'deletedAt' | 'organization' | 'factory' | 'gateway' | 'sensor'>;
