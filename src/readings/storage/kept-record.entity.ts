import { Check, Column, Entity, Index, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { Gateway } from '../../gateways/gateway.entity';
import type { ReadingKind } from '../reading';

/** A record that is no reading, kept as text: it cannot be read, or contradicts a stored reading. */
@Entity('unreadable_records')
@Index('ix_unreadable_records_gateway_id_id', ['gatewayId', 'id'])
@Check('ck_unreadable_records_kind', `"kind" IN ('vibration', 'temperature', 'battery')`)
@Check('ck_unreadable_records_problem', `"problem" IN ('unreadable', 'conflict')`)
export class KeptRecord {
  /** Ids are in the order of time. */
  @PrimaryColumn({ type: 'uuid', default: () => 'uuid_v7()' })
  readonly id!: string;

  @Column({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  @Column({ type: 'text' })
  readonly kind!: ReadingKind;

  @Column({ type: 'bigint', nullable: true })
  readonly serial!: string | null;

  @Column({ type: 'text' })
  readonly problem!: 'unreadable' | 'conflict';

  /** What is wrong, in words. */
  @Column({ type: 'text' })
  readonly reason!: string;

  /** The record as JSON. */
  @Column({ type: 'text' })
  readonly text!: string;

  @Column({ type: 'timestamptz' })
  readonly receivedAt!: Date;
}
