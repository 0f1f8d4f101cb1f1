import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page';
import type { Metadata } from '../common/metadata';
import { LivingRows, softDeleteBelow } from '../database/sql/living-rows';
import { Selection } from '../database/sql/selection';
import { Organization } from './organization.entity';
import type { OrganizationRow } from './organization.entity';
import { OrganizationNotEmptyError } from './organization.errors';

/** The fields of an organization that users can change. Undefined fields are not changed. */
export interface OrganizationChanges {
  readonly name?: string;
  readonly metadata?: Metadata;
}

export interface NewOrganization extends OrganizationChanges {
  readonly name: string;
}

export interface OrganizationQuery extends PageRequest {
  readonly search?: string;
}

/** Living organizations only; deleted ones are not visible. */
@Injectable()
export class OrganizationsRepository {
  private readonly rows: LivingRows<Organization, OrganizationRow>;

  constructor(@InjectRepository(Organization) private readonly repository: Repository<Organization>) {
    this.rows = new LivingRows(repository);
  }

  create(draft: NewOrganization): Promise<OrganizationRow> {
    return this.rows.insert(draft);
  }

  findById(id: string): Promise<OrganizationRow | null> {
    return this.rows.findById(id);
  }

  findAll({ search, ...page }: OrganizationQuery): Promise<Page<OrganizationRow>> {
    return this.rows.findPage(new Selection().whereContains(['name'], search), page);
  }

  /** Null if there is no such living organization. */
  update(id: string, changes: OrganizationChanges): Promise<OrganizationRow | null> {
    return this.rows.update(id, changes);
  }

  /**
   * Deletes an organization, and with `cascade` its factories and gateways. Writes three tables, for the reason given at
   * `FactoriesRepository.softDelete`. Locks are taken from parent to child, as in every other write.
   * @returns the ids of the gateways that were deleted with it, or null if there is no such living organization
   * @throws OrganizationNotEmptyError if it has living factories and `cascade` is false
   */
  softDelete(id: string, cascade: boolean): Promise<string[] | null> {
    return this.repository.manager.transaction(async (manager) => {
      if (!(await this.rows.softDelete(id, manager))) return null;
      const factories = await softDeleteBelow(manager, { table: 'factories', parent: 'organization_id' }, [id]);
      if (factories.length > 0 && !cascade) throw new OrganizationNotEmptyError();
      return softDeleteBelow(manager, { table: 'gateways', parent: 'factory_id' }, factories);
    });
  }
}
