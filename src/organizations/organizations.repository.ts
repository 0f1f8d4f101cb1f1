import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';
import type { Metadata } from '../common/metadata';
import { LivingRows } from '../database/sql/living-rows';
import { Selection } from '../database/sql/selection';
import { Organization } from './organization.entity';

export interface NewOrganization {
  readonly name: string;
  readonly metadata?: Metadata;
}

export interface OrganizationQuery extends PageRequest {
  readonly search?: string;
}

/** Living organizations, and nothing else. */
@Injectable()
export class OrganizationsRepository {
  private readonly rows: LivingRows<Organization>;

  constructor(@InjectRepository(Organization) repository: Repository<Organization>) {
    this.rows = new LivingRows(repository);
  }

  create(draft: NewOrganization): Promise<Organization> {
    return this.rows.insert(draft);
  }

  findById(id: string): Promise<Organization | null> {
    return this.rows.findById(id);
  }

  findAll({ search, ...page }: OrganizationQuery): Promise<Page<Organization>> {
    return this.rows.findPage(new Selection().whereContains(['name'], search), page);
  }
}
