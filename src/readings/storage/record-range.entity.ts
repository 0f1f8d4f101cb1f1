import { Check, Column, Entity, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { Gateway } from '../../gateways/gateway.entity';
import type { ReadingKind } from '../reading';

/** Which records of a gateway are stored, by their ids: the ledger that says what is missing. Ranges are text: `{[1,5),[7,9)}`. */
@Entity('record_ranges')
@Check('ck_record_ranges_kind', `"kind" IN ('vibration', 'temperature', 'battery')`)
@Check('ck_record_ranges_scope', `"scope" IN ('gateway', 'sensor')`)
export class RecordRange {
  @PrimaryColumn({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  @PrimaryColumn({ type: 'text' })
  readonly kind!: ReadingKind;

  @PrimaryColumn({ type: 'integer' })
  readonly era!: number;

  /** Whether ids are unique per gateway, as presumed until two sensors use the same one, or per sensor. */
  @Column({ type: 'text', default: 'gateway' })
  readonly scope!: 'gateway' | 'sensor';

  @Column({ type: 'int8multirange', default: '{}' })
  readonly known!: string;

  /** Ids that the gateway was asked for, and does not have. */
  @Column({ type: 'int8multirange', default: '{}' })
  readonly absent!: string;

  /** The day of the record with the highest known id. */
  @Column({ type: 'date', nullable: true })
  readonly lastDay!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly beganAt!: Date;
}
