import { Column, Entity, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { Gateway } from '../../gateways/gateway.entity';
import type { ReadingKind } from '../reading';

/** Where a correction goes on: behind a reading, or at the beginning of a partition. */
export interface ZonePosition {
  /** The first day of the partition, `yyyy-mm-dd`. */
  readonly from: string;
  /** The day behind its last one; `infinity` if it has none. */
  readonly to: string;
  readonly kind: ReadingKind;
  /** The last reading that was examined; null: none of this kind yet. */
  readonly after: ReadingPlace | null;
}

/** The key of a reading. Numbers that may be large are text. */
export interface ReadingPlace {
  readonly sensorNumber: number;
  readonly era: number;
  readonly recordId: string;
  readonly day: string;
}

/**
 * A gateway whose clock has been given another zone, so that the times of its stored readings are to be computed anew. Triggers of
 * `gateways` and `factories` insert the row; it is deleted when all readings are corrected.
 */
@Entity('zone_corrections')
export class ZoneCorrection {
  @PrimaryColumn({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  /** When the zone was changed. */
  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly orderedAt!: Date;

  /** Null: at the beginning. */
  @Column({ type: 'jsonb', nullable: true })
  readonly position!: ZonePosition | null;

  /** How many readings have another time now. */
  @Column({ type: 'bigint', default: 0 })
  readonly corrected!: string;
}
