import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';
import type { Metadata } from '../common/metadata';
import { findPage, Selection } from '../database/paging';
import { SqlColumns } from '../database/sql-columns';
import { Organization } from './organization.entity';

export interface NewOrganization {
  readonly name: string;
  readonly metadata?: Metadata;
}

export interface OrganizationQuery extends PageRequest {
  readonly search?: string;
}

/** Living organizations, and nothing else: TypeORM's reads leave out deleted rows. */
@Injectable()
export class OrganizationsRepository {
  private readonly columns: SqlColumns<Organization>;

  constructor(@InjectRepository(Organization) private readonly rows: Repository<Organization>) {
    this.columns = new SqlColumns(rows.metadata);
  }

  async create(draft: NewOrganization): Promise<Organization> {
    const organization = this.rows.create(draft);
    await this.rows.insert(organization); // Fills in what the database decided: key and times.
    return organization;
  }

  findById(id: string): Promise<Organization | null> {
    return this.rows.findOneBy({ id });
  }

  findAll({ search, ...page }: OrganizationQuery): Promise<Page<Organization>> {
    const selection = new Selection().whereContains(['name'], search);
    return findPage(this.rows, this.columns, selection, page);
  }
}
