import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** One row. Every statement that changes members, plan or owners locks it first, so that none of them can deadlock. */
@Entity('cluster')
@Check('ck_cluster_one_row', '"id" = 1')
export class ClusterEntity {
  @PrimaryColumn({ type: 'smallint', default: 1, primaryKeyConstraintName: 'pk_cluster' })
  id!: number;

  /** Increases with each change of members or plan. */
  @Column({ type: 'bigint', default: 0 })
  version!: string;

  /** Increases with each change of shards. */
  @Column({ type: 'bigint', default: 0 })
  rev!: string;
}
