import { Check, Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { Gateway } from '../gateways/gateway.entity';
import type { ReadingKind } from '../readings/reading';
import { Sensor } from '../sensors/sensor.entity';
import type { AcquisitionState, Attribution, FailureCode, ReadingSource } from './acquisition.machine';

/** An order to measure now, and what became of it. */
@Entity('acquisitions')
// One at a time, so that a second order costs no battery.
@Index('uq_acquisitions_open', ['sensorId', 'kind'], {
  unique: true,
  where: `state IN ('queued', 'sent', 'started', 'recovering')`,
})
@Index('ix_acquisitions_sensor_id', ['sensorId', 'id'])
@Index('ix_acquisitions_gateway_id', ['gatewayId', 'id'])
@Index('ix_acquisitions_organization_id', ['organizationId', 'id'])
@Index('ix_acquisitions_schedule_id', ['scheduleId', 'id'], { where: 'schedule_id IS NOT NULL' })
@Check('ck_acquisitions_kind', `"kind" IN ('vibration', 'temperature', 'battery')`)
@Check(
  'ck_acquisitions_state',
  `"state" IN ('queued', 'sent', 'started', 'recovering', 'completed', 'failed', 'expired', 'cancelled')`,
)
export class Acquisition {
  @PrimaryColumn({ type: 'uuid', default: () => 'uuid_v7()' })
  readonly id!: string;

  /** That of the gateway, which stays in its organization. */
  @Column({ type: 'uuid' })
  readonly organizationId!: string;

  @Column({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  @Column({ type: 'uuid' })
  readonly sensorId!: string;

  @ManyToOne(() => Sensor, { onDelete: 'CASCADE', nullable: false })
  readonly sensor?: Relation<Sensor>;

  @Column({ type: 'text' })
  readonly kind!: ReadingKind;

  /** The schedule that has ordered it; null if a caller has. It stays when the schedule is deleted. */
  @Column({ type: 'uuid', nullable: true })
  readonly scheduleId!: string | null;

  @Column({ type: 'text', default: 'queued' })
  readonly state!: AcquisitionState;

  @Column({ type: 'text', nullable: true })
  readonly attribution!: Attribution | null;

  @Column({ type: 'text', nullable: true })
  readonly source!: ReadingSource | null;

  /** As in the API: `<day>-<number>`. */
  @Column({ type: 'text', nullable: true })
  readonly readingId!: string | null;

  @Column({ type: 'text', nullable: true })
  readonly lateReadingId!: string | null;

  /** While it is recovering: why it fails if the reading is not found. */
  @Column({ type: 'text', nullable: true })
  readonly failureCode!: FailureCode | null;

  @Column({ type: 'text', nullable: true })
  readonly failureMessage!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  /** If it is not sent by then, it expires. */
  @Column({ type: 'timestamptz' })
  readonly expiresAt!: Date;

  /** By the clock of the service, like the receipt of readings, with which it is compared. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly sentAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly startedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly endedAt!: Date | null;
}

/** An acquisition as it is read. */
export type AcquisitionRow = Omit<Acquisition, 'gateway' | 'sensor'>;
