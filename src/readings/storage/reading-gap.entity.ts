import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { Sensor } from '../../sensors/sensor.entity';
import type { ReadingKind } from '../reading';

export type GapReason = 'not_at_gateway' | 'too_dense' | 'unreadable' | 'answer_missing';

/** Days of which readings of a sensor are known to be missing. */
@Entity('reading_gaps')
@Index('ix_reading_gaps_sensor_number', ['sensorNumber', 'kind', 'fromDay'])
@Check('ck_reading_gaps_kind', `"kind" IN ('vibration', 'temperature', 'battery')`)
@Check('ck_reading_gaps_days', `"from_day" <= "to_day"`)
@Check('ck_reading_gaps_reason', `"reason" IN ('not_at_gateway', 'too_dense', 'unreadable', 'answer_missing')`)
@Check('ck_reading_gaps_state', `"state" IN ('open', 'filled', 'accepted')`)
export class ReadingGap {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  @Column({ type: 'integer' })
  readonly sensorNumber!: number;

  @ManyToOne(() => Sensor, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'sensor_number', referencedColumnName: 'number' })
  readonly sensor?: Relation<Sensor>;

  @Column({ type: 'text' })
  readonly kind!: ReadingKind;

  /** Both days belong to the gap. */
  @Column({ type: 'date' })
  readonly fromDay!: string;

  @Column({ type: 'date' })
  readonly toDay!: string;

  @Column({ type: 'text' })
  readonly reason!: GapReason;

  @Column({ type: 'text', default: 'open' })
  readonly state!: 'open' | 'filled' | 'accepted';

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly changedAt!: Date;
}
