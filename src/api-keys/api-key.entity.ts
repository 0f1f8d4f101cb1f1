import { Check, Column, Entity, Index, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import type { Actor, Scope } from '../common/actor';
import { NAME_COLLATION } from '../database/base.entity';
import { Organization } from '../organizations/organization.entity';
import type { Role } from './roles';

/** A key for the API. Only its digest is stored. A revoked key stays in the table, for the record. */
@Entity('api_keys')
@Index('uq_api_keys_prefix', ['prefix'], { unique: true })
@Index('uq_api_keys_hash', ['hash'], { unique: true })
@Index('ix_api_keys_organization_id_name', ['organizationId', 'name', 'id'])
@Check('ck_api_keys_hash', `octet_length("hash") = 32`)
@Check('ck_api_keys_role', `"role" IN ('viewer', 'operator', 'admin')`)
export class ApiKey {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  /** Null: a key for all organizations. */
  @Column({ type: 'uuid', nullable: true })
  readonly organizationId!: string | null;

  @ManyToOne(() => Organization, { onDelete: 'CASCADE', nullable: true })
  readonly organization?: Relation<Organization>;

  @Column({ type: 'varchar', length: 255, collation: NAME_COLLATION })
  readonly name!: string;

  /** The first 12 characters of the key, by which people recognize it. */
  @Column({ type: 'varchar', length: 12 })
  readonly prefix!: string;

  /** SHA-256 of the whole key. */
  @Column({ type: 'bytea', select: false })
  readonly hash!: Buffer;

  @Column({ type: 'text' })
  readonly role!: Role;

  /** A part of the role's scopes; null: all of them. */
  @Column({ type: 'text', array: true, nullable: true })
  readonly scopes!: Scope[] | null;

  /** Networks that the caller's address must be in; null: any. */
  @Column({ type: 'cidr', array: true, nullable: true })
  readonly allowedNetworks!: string[] | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly expiresAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly revokedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly lastUsedAt!: Date | null;

  @Column({ type: 'inet', nullable: true })
  readonly lastUsedAddress!: string | null;

  @Column({ type: 'jsonb' })
  readonly createdBy!: Pick<Actor, 'kind' | 'id' | 'name'>;

  /** The key that this one replaces. */
  @Column({ type: 'uuid', nullable: true })
  readonly rotatedFrom!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  /** Set by a trigger. Use does not count as a change. */
  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly updatedAt!: Date;

  /** Incremented by every change that users make, in a trigger. */
  @Column({ type: 'integer', default: 1 })
  readonly revision!: number;
}

/** A key as it is read, without its digest. */
export type ApiKeyRow = Omit<ApiKey, 'hash' | 'organization'>;
