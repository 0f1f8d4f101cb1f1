import { Check, Column, Entity, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { Gateway } from '../../gateways/gateway.entity';
import type { ReadingKind } from '../reading';
import type { HistoryFacts } from './history';
import type { IntRanges } from './int-ranges';

/** What runs through a gateway's history have shown, in days since 1970-01-01 and in record numbers. */
export interface StoredCoverage {
  readonly covered: IntRanges;
  readonly coveredByIds: IntRanges;
  /** Numbers without a record; serial 0 stands for all sensors of the gateway. */
  readonly absent: readonly { readonly serial: number; readonly ranges: IntRanges }[];
}

/** How far the history of one gateway and kind was fetched. */
@Entity('history_states')
@Check('ck_history_states_kind', `"kind" IN ('vibration', 'temperature', 'battery')`)
export class HistoryState {
  @PrimaryColumn({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  @PrimaryColumn({ type: 'text' })
  readonly kind!: ReadingKind;

  /** The first day whose records are wanted. */
  @Column({ type: 'date' })
  readonly since!: string;

  @Column({ type: 'jsonb' })
  readonly facts!: HistoryFacts;

  @Column({ type: 'jsonb' })
  readonly coverage!: StoredCoverage;

  /** The era whose numbers the coverage is about. */
  @Column({ type: 'integer' })
  readonly era!: number;

  /** Since when records may be missing; null if the last run has verified that none is. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly lostAt!: Date | null;

  /** Until when everything that the gateway held is stored, gaps apart. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly verifiedThrough!: Date | null;

  /** The oldest day of which the gateway has sent a record. */
  @Column({ type: 'date', nullable: true })
  readonly oldestDay!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly updatedAt!: Date;
}
