import { Column, PrimaryColumn } from 'typeorm';
import type { Origin } from '../reading';
import type { TimeQuality } from './time-quality';

export const TIME_QUALITIES_SQL = `('minute', 'second', 'day', 'ambiguous', 'shifted', 'receipt', 'implausible')`;
export const ORIGINS_SQL = `('live', 'history', 'acquisition')`;

/**
 * What the rows of all kinds of readings have in common. Each table is partitioned by month of `day`; the partitions are made by
 * `PartitionKeeper`. `bigint` columns are text, because the driver reads them as text.
 */
export abstract class Reading {
  /** `number` of a row of `sensors`. Without a foreign key, which would cost a third of an insert: see decision 35. */
  @PrimaryColumn({ type: 'integer' })
  readonly sensorNumber!: number;

  /** Counts how often the gateway has started to number its records anew. */
  @PrimaryColumn({ type: 'integer' })
  readonly era!: number;

  /** The gateway's number of the record; negative if it has none: then it is computed from the content. */
  @PrimaryColumn({ type: 'bigint' })
  readonly recordId!: string;

  /** The date that the gateway wrote, which no time zone changes; the date of the receipt (UTC) if it is unreadable. */
  @PrimaryColumn({ type: 'date' })
  readonly day!: string;

  /** With the day, the public id. Unique among the readings of all kinds. */
  @Column({ type: 'bigint' })
  readonly number!: string;

  /** Grows with each new or completed reading of any kind, in the order of the commits. */
  @Column({ type: 'bigint' })
  readonly feedPosition!: string;

  @Column({ type: 'timestamptz' })
  readonly measuredAt!: Date;

  @Column({ type: 'timestamptz' })
  readonly receivedAt!: Date;

  @Column({ type: 'text', nullable: true })
  readonly timeText!: string | null;

  @Column({ type: 'text' })
  readonly timeQuality!: TimeQuality;

  @Column({ type: 'text' })
  readonly origin!: Origin;

  /** Fields of the record that no column holds. */
  @Column({ type: 'jsonb', nullable: true })
  readonly extra!: Readonly<Record<string, unknown>> | null;
}
