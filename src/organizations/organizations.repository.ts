import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';
import type { Metadata } from '../common/metadata';
import { containsPattern, findPage, toPattern } from '../database/paging';
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
  constructor(@InjectRepository(Organization) private readonly rows: Repository<Organization>) {}

  async create(draft: NewOrganization): Promise<Organization> {
    const organization = this.rows.create(draft);
    await this.rows.insert(organization); // Fills in what the database decided: key and times.
    return organization;
  }

  findById(id: string): Promise<Organization | null> {
    return this.rows.findOneBy({ id });
  }

  findAll({ search, ...page }: OrganizationQuery): Promise<Page<Organization>> {
    const query = this.rows.createQueryBuilder('row');
    if (search !== undefined) query.andWhere(containsPattern('row.name'), { pattern: toPattern(search) });
    return findPage(query, page);
  }
}
