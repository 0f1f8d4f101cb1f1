import { Column, Entity, Index, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import { Gateway } from '../gateways/gateway.entity';

/** An access point that a gateway has reported. */
@Entity('access_points')
@Index('uq_access_points_gateway_id_serial', ['gatewayId', 'serial'], { unique: true })
@Index('ix_access_points_serial', ['serial', 'id'])
export class AccessPoint {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  @Column({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  /** Text, because the driver reads every `bigint` as text. */
  @Column({ type: 'bigint' })
  readonly serial!: string;

  /** As last reported; null if the gateway has only named it. */
  @Column({ type: 'boolean', nullable: true })
  readonly connected!: boolean | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly connectionChangedAt!: Date | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;
}

/** An access point as it is read. */
export type AccessPointRow = Omit<AccessPoint, 'gateway'>;
