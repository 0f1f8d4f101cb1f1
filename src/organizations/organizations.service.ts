import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Page } from '../common/page.dto';
import type { Organization } from './organization.entity';
import { OrganizationNotFoundError } from './organization.errors';
import { OrganizationsRepository } from './organizations.repository';
import type { NewOrganization, OrganizationQuery } from './organizations.repository';

/** The owners of factories. */
@Injectable()
export class OrganizationsService {
  constructor(
    private readonly organizations: OrganizationsRepository,
    @InjectPinoLogger(OrganizationsService.name) private readonly logger: PinoLogger,
  ) {}

  async create(draft: NewOrganization): Promise<Organization> {
    const organization = await this.organizations.create(draft);
    this.logger.info({ organizationId: organization.id }, 'organization created');
    return organization;
  }

  findAll(query: OrganizationQuery): Promise<Page<Organization>> {
    return this.organizations.findAll(query);
  }

  /** @throws OrganizationNotFoundError */
  async get(id: string): Promise<Organization> {
    const organization = await this.organizations.findById(id);
    if (!organization) throw new OrganizationNotFoundError(id);
    return organization;
  }
}
