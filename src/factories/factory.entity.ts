import { Column, Entity, Index, ManyToOne, Unique } from 'typeorm';
import type { Relation } from 'typeorm';
import { BaseEntity, NAME_COLLATION } from '../database/base.entity';
import { Organization } from '../organizations/organization.entity';

@Entity('factories')
// For the foreign key, whose cascade looks at deleted rows too.
@Index('ix_factories_organization_id', ['organizationId'])
@Index('ix_factories_organization_id_name', ['organizationId', 'name', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_factories_name', ['name', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_factories_name_ci', { synchronize: false }) // Its collation cannot be expressed here: see the migration.
@Index('ix_factories_created_at', ['createdAt', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_factories_updated_at', ['updatedAt', 'id'], { where: '"deleted_at" IS NULL' })
@Index('ix_factories_organization_id_name_ci', { synchronize: false }) // Its collation cannot be expressed here: see the migration.
@Index('ix_factories_organization_id_created_at', ['organizationId', 'createdAt', 'id'], {
  where: '"deleted_at" IS NULL',
})
@Index('ix_factories_organization_id_updated_at', ['organizationId', 'updatedAt', 'id'], {
  where: '"deleted_at" IS NULL',
})
// For the foreign key of gateways, which must have the same organization.
@Unique('uq_factories_id_organization_id', ['id', 'organizationId'])
export class Factory extends BaseEntity {
  @Column({ type: 'uuid' })
  organizationId!: string;

  @ManyToOne(() => Organization, { onDelete: 'CASCADE', nullable: false })
  organization?: Relation<Organization>;

  @Column({ type: 'varchar', length: 255, collation: NAME_COLLATION })
  name!: string;

  @Column({ type: 'varchar', length: 500, nullable: true })
  location!: string | null;

  @Column({ type: 'varchar', length: 100, default: 'UTC' })
  timezone!: string;
}

/** A living factory as it is read. */
export type FactoryRow = Omit<Factory, 'deletedAt'>;
