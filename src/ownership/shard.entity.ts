import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who owns a shard. There is a row for each: see `SHARD_COUNT`. */
@Entity('shards')
export class ShardEntity {
  @PrimaryColumn({ type: 'smallint', primaryKeyConstraintName: 'pk_shards' })
  shard!: number;

  /** A replica. One that is gone owns nothing. */
  @Column({ type: 'uuid', nullable: true })
  owner!: string | null;

  /** The replica that should own it by the latest plan. */
  @Column({ type: 'uuid', nullable: true })
  wanted!: string | null;

  /** Increases each time it is claimed or reclaimed. */
  @Column({ type: 'bigint', default: 0 })
  epoch!: string;

  /** When it was claimed. */
  @Column({ type: 'timestamptz', nullable: true })
  since!: Date | null;
}
