import { Check, Column, Entity, Index, JoinColumn, ManyToOne } from 'typeorm';
import type { Relation } from 'typeorm';
import { EncryptedColumn } from '../crypto/encrypted.column';
import type { Secret } from '../crypto/secret';
import { BaseEntity, NAME_COLLATION } from '../database/base.entity';
import type { DesiredState } from '../events/domain-events';
import { Factory } from '../factories/factory.entity';
import type { TlsSettings } from '../gateway-client/transport/tls-settings';
import { originText } from './origin';

export const PASSWORD_PURPOSE = 'gateways.password';

/** What a sealed password is bound to: it opens only in this row, and only while the row's URL has the same origin. */
export function passwordBinding(id: string, url: string): string {
  return `${id}.${originText(url)}`;
}

@Entity('gateways')
// Partial, so that the label of a deleted gateway can be used again.
@Index('uq_gateways_organization_id_gateway_id', ['organizationId', 'label'], {
  unique: true,
  where: '"deleted_at" IS NULL',
})
@Index('ix_gateways_organization_id_name', ['organizationId', 'name', 'id'], { where: '"deleted_at" IS NULL' })
// For the foreign key, and not partial: a cascade looks up deleted rows too.
@Index('ix_gateways_factory_id', ['factoryId'])
@Index('ix_gateways_factory_id_name', ['factoryId', 'name', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_gateways_name', ['name', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_gateways_name_ci', { synchronize: false }) // Its collation cannot be expressed here: see the migration.
@Index('ix_gateways_created_at', ['createdAt', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_gateways_updated_at', ['updatedAt', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_gateways_factory_id_name_ci', { synchronize: false }) // Its collation cannot be expressed here: see the migration.
@Index('ix_gateways_factory_id_created_at', ['factoryId', 'createdAt', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_gateways_factory_id_updated_at', ['factoryId', 'updatedAt', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_gateways_url', ['url'], { where: '"deleted_at" IS NULL' })
@Index('ix_gateways_shard', { synchronize: false }) // Of an expression: see the migration.
@Check('ck_gateways_desired_state', `"desired_state" IN ('connected', 'disconnected')`)
export class Gateway extends BaseEntity {
  @Column({ type: 'uuid' })
  factoryId!: string;

  /** The organization of its factory. The foreign key allows no other, and changes it with that of the factory. */
  @Column({ type: 'uuid' })
  organizationId!: string;

  @ManyToOne(() => Factory, { onUpdate: 'CASCADE', onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    { name: 'factory_id', referencedColumnName: 'id' },
    { name: 'organization_id', referencedColumnName: 'organizationId' },
  ])
  factory?: Relation<Factory>;

  /** The name that people use for the gateway. Unique among the gateways of an organization that are not deleted. */
  @Column({ name: 'gateway_id', type: 'varchar', length: 255, collation: NAME_COLLATION })
  label!: string;

  @Column({ type: 'varchar', length: 255, collation: NAME_COLLATION })
  name!: string;

  @Column({ type: 'varchar', length: 500 })
  url!: string;

  @Column({ type: 'varchar', length: 255 })
  email!: string;

  // Sealed on write. Read as a `Secret`, which is opened only on demand, so that one unreadable row does not fail a whole list.
  // Selected only if a query names it. Written with `update`, never with `save`: a fresh IV makes every save look like a change.
  @Column({
    name: 'password_encrypted',
    type: 'text',
    select: false,
    transformer: new EncryptedColumn(PASSWORD_PURPOSE),
  })
  password!: Secret;

  /** How the certificate of a `wss` gateway is verified; null: against the system's authorities. */
  @Column({ type: 'jsonb', nullable: true })
  tls!: TlsSettings | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  model!: string | null;

  @Column({ type: 'varchar', length: 50, nullable: true })
  firmwareVersion!: string | null;

  /** The time zone of its clock; null: that of its factory. */
  @Column({ type: 'varchar', length: 100, nullable: true })
  clockZone!: string | null;

  @Column({ type: 'text', default: 'connected' })
  desiredState!: DesiredState;

  /** Incremented, in SQL, when URL, TLS settings or credentials actually change. A session with an older version is out of date. */
  @Column({ type: 'integer', default: 1 })
  connectionVersion!: number;

  @Column({ type: 'timestamptz', nullable: true })
  lastSeenAt!: Date | null;
}

/** A living gateway as most queries read it: without the password, which only connections need. */
export type GatewayRow = Omit<Gateway, 'deletedAt' | 'password'>;
