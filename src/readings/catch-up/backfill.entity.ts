import { Check, Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { Gateway } from '../../gateways/gateway.entity';
import type { ReadingKind } from '../reading';

export const BACKFILL_STATES = ['queued', 'running', 'completed', 'cancelled'] as const;
export type BackfillState = (typeof BACKFILL_STATES)[number];

/** An operator's order to fetch days of a gateway's history, whatever is known of them. */
@Entity('backfills')
@Index('ix_backfills_gateway_id', ['gatewayId'])
@Index('ix_backfills_open', ['id'], { where: `state IN ('queued', 'running')` })
@Check('ck_backfills_days', `"from_day" <= "to_day"`)
@Check('ck_backfills_state', `"state" IN ('queued', 'running', 'completed', 'cancelled')`)
export class Backfill {
  @PrimaryColumn({ type: 'uuid', default: () => 'uuid_v7()' })
  readonly id!: string;

  @Column({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  @Column({ type: 'text', array: true })
  readonly kinds!: ReadingKind[];

  @Column({ type: 'date' })
  readonly fromDay!: string;

  @Column({ type: 'date' })
  readonly toDay!: string;

  /** Empty for all sensors. */
  @Column({ type: 'bigint', array: true })
  readonly serials!: string[];

  @Column({ type: 'text', default: 'queued' })
  readonly state!: BackfillState;

  @Column({ type: 'integer', default: 0 })
  readonly requests!: number;

  /** Records received. */
  @Column({ type: 'integer', default: 0 })
  readonly records!: number;

  /** Of them, those that were not stored before. */
  @Column({ type: 'integer', default: 0 })
  readonly added!: number;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  readonly endedAt!: Date | null;
}
