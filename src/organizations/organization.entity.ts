import { Column, Entity, Index } from 'typeorm';
import { BaseEntity, NAME_COLLATION } from '../database/base.entity';

@Entity('organizations')
@Index('ix_organizations_name', ['name', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_organizations_name_ci', { synchronize: false }) // Its collation cannot be expressed here: see the migration.
@Index('ix_organizations_created_at', ['createdAt', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_organizations_updated_at', ['updatedAt', 'id'], { where: '"deleted_at" IS NULL' })
export class Organization extends BaseEntity {
  @Column({ type: 'varchar', length: 255, collation: NAME_COLLATION })
  name!: string;

  /** Networks that its gateways must be in, besides `GATEWAY_NETWORKS`; null: no further limit. */
  @Column({ type: 'cidr', array: true, nullable: true })
  gatewayNetworks!: string[] | null;
}

/** A living organization as it is read. */
export type OrganizationRow = Omit<Organization, 'deletedAt'>;
