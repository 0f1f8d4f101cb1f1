import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A process that takes, or took, part in the cluster. */
@Entity('replicas')
@Index('ix_replicas_present', ['id'], { where: `"state" <> 'gone'` })
@Index('ix_replicas_name', ['name', 'generation'])
@Check('ck_replicas_state', `"state" IN ('active', 'draining', 'gone')`)
export class ReplicaEntity {
  /** New at each start. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_replicas' })
  id!: string;

  @Column({ type: 'varchar', length: 100 })
  name!: string;

  /** When it was started, in milliseconds since 1970 by its own clock. Only compared with those of the same name. */
  @Column({ type: 'bigint' })
  generation!: string;

  /** Of the service. */
  @Column({ type: 'text' })
  version!: string;

  /** Of the protocol by which replicas share gateways. */
  @Column({ type: 'integer' })
  protocol!: number;

  @Column({ type: 'text', default: 'active' })
  state!: 'active' | 'draining' | 'gone';

  /** Increases with each look at the tables. */
  @Column({ type: 'bigint', default: 0 })
  beat!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  startedAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  /** The replica that ended it; its own id if it left. */
  @Column({ type: 'uuid', nullable: true })
  endedBy!: string | null;
}
