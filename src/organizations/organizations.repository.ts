import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';
import type { Metadata } from '../common/metadata';
import { LivingRows, softDeleteBelow } from '../database/sql/living-rows';
import { Selection } from '../database/sql/selection';
import { Organization } from './organization.entity';
import type { OrganizationRow } from './organization.entity';
import { OrganizationNotEmptyError } from './organization.errors';

/** What users may change of an organization. Undefined means: leave it. */
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

/** Living organizations, and nothing else. */
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

  /** Null when there is no such living organization. */
  update(id: string, changes: OrganizationChanges): Promise<OrganizationRow | null> {
    return this.rows.update(id, changes);
  }

  /**
   * Deletes an organization, with its factories and gateways in a cascade. It writes three tables, for the reason that
   * `FactoriesRepository.softDelete` gives. Locks go from parent to child, as in every other write.
   * @returns the ids of the gateways that were deleted with it, or null when there is no such living organization
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
