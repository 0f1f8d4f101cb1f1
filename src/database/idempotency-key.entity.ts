import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a request with an `Idempotency-Key` has created. See `sql/idempotency.ts`. */
@Entity('idempotency_keys')
@Index('ix_idempotency_keys_created_at', ['createdAt'])
export class IdempotencyKey {
  @PrimaryColumn({ type: 'text' })
  readonly actorId!: string;

  @PrimaryColumn({ type: 'varchar', length: 255 })
  readonly key!: string;

  @Column({ type: 'bytea' })
  readonly fingerprint!: Buffer;

  /** The row that was created, by property, as the response showed it. */
  @Column({ type: 'jsonb' })
  readonly created!: object;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;
}
