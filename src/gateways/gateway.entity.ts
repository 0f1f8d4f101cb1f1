import { Check, Column, Entity, Index, ManyToOne } from 'typeorm';
import type { Relation } from 'typeorm';
import { EncryptedColumn } from '../crypto/encrypted.column';
import type { Secret } from '../crypto/secret';
import { BaseEntity, NAME_COLLATION } from '../database/base.entity';
import type { DesiredState } from '../events/domain-events';
import { Factory } from '../factories/factory.entity';
import type { TlsSettings } from './connection-target';

export const PASSWORD_PURPOSE = 'gateways.password';

@Entity('gateways')
// Partial, so that a deleted gateway does not hold its label for ever.
@Index('uq_gateways_gateway_id', ['label'], { unique: true, where: '"deleted_at" IS NULL' })
// The foreign key's own: a cascade looks at deleted rows too.
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
@Check('ck_gateways_desired_state', `"desired_state" IN ('connected', 'disconnected')`)
@Check('ck_gateways_login_refusals', `"login_refusals" >= 0`)
export class Gateway extends BaseEntity {
  @Column({ type: 'uuid' })
  factoryId!: string;

  @ManyToOne(() => Factory, { onDelete: 'CASCADE', nullable: false })
  factory?: Relation<Factory>;

  /** What people call the box. Unique among the living. */
  @Column({ name: 'gateway_id', type: 'varchar', length: 255, collation: NAME_COLLATION })
  label!: string;

  @Column({ type: 'varchar', length: 255, collation: NAME_COLLATION })
  name!: string;

  @Column({ type: 'varchar', length: 500 })
  url!: string;

  @Column({ type: 'varchar', length: 255 })
  email!: string;

  // Sealed on write. Read as a Secret, which opens only when asked, so a row that cannot be opened does not spoil a list.
  // Not selected unless a query asks for it, and written by `update`, never by `save`: a fresh IV makes every save look like a change.
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

  @Column({ type: 'text', default: 'connected' })
  desiredState!: DesiredState;

  /** Grows, in SQL, when the address or the credentials really change: a session made with an older one is out of date. */
  @Column({ type: 'integer', default: 1 })
  connectionVersion!: number;

  /** Grows with every change that users make. */
  @Column({ type: 'integer', default: 1 })
  revision!: number;

  // The login budget: it belongs to one `connectionVersion`, and begins anew with the next. Not selected unless a query asks for it.

  /** Whether the gateway has ever accepted this login. */
  @Column({ type: 'boolean', default: false, select: false })
  loginAccepted!: boolean;

  /** Tries since it was last accepted that were refused, or that nobody knows the outcome of. */
  @Column({ type: 'integer', default: 0, select: false })
  loginRefusals!: number;

  /** Before then no further try is due; null when no refusal was seen. */
  @Column({ type: 'timestamptz', nullable: true, select: false })
  nextLoginAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  lastSeenAt!: Date | null;
}

/** A living gateway as it is ordinarily read: without its password and its login budget, which only a connection asks for. */
export type GatewayRow = Omit<Gateway, 'deletedAt' | 'password' | 'loginAccepted' | 'loginRefusals' | 'nextLoginAt'>;
