import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Actor } from '../common/actor';
import type { Page } from '../common/page';
import { DomainEvents } from '../events/domain-events';
import type { OrganizationRow } from './organization.entity';
import { OrganizationNotFoundError } from './organization.errors';
import { OrganizationsRepository } from './organizations.repository';
import type { NewOrganization, OrganizationChanges, OrganizationQuery } from './organizations.repository';

/** The owners of factories. */
@Injectable()
export class OrganizationsService {
  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly events: DomainEvents,
    @InjectPinoLogger(OrganizationsService.name) private readonly logger: PinoLogger,
  ) {}

  async create(actor: Actor, draft: NewOrganization): Promise<OrganizationRow> {
    const organization = await this.organizations.create(draft);
    this.logger.info({ organizationId: organization.id, actor: actor.name }, 'organization created');
    return organization;
  }

  findAll(query: OrganizationQuery): Promise<Page<OrganizationRow>> {
    return this.organizations.findAll(query);
  }

  /** @throws OrganizationNotFoundError */
  async get(id: string): Promise<OrganizationRow> {
    const organization = await this.organizations.findById(id);
    if (!organization) throw new OrganizationNotFoundError(id);
    return organization;
  }

  /** @throws OrganizationNotFoundError */
  async update(actor: Actor, id: string, changes: OrganizationChanges): Promise<OrganizationRow> {
    const organization = await this.organizations.update(id, changes);
    if (!organization) throw new OrganizationNotFoundError(id);
    this.logger.info({ organizationId: id, fields: Object.keys(changes), actor: actor.name }, 'organization updated');
    return organization;
  }

  /**
   * Deletes the organization, and its factories and gateways if `cascade` is set. Publishes `gateway.deleted` for each gateway.
   * @throws OrganizationNotFoundError, OrganizationNotEmptyError
   */
  async delete(actor: Actor, id: string, cascade: boolean): Promise<void> {
    const gatewayIds = await this.organizations.softDelete(id, cascade);
    if (!gatewayIds) throw new OrganizationNotFoundError(id);
    this.logger.info({ organizationId: id, gateways: gatewayIds.length, actor: actor.name }, 'organization deleted');
    for (const gatewayId of gatewayIds) this.events.publish('gateway.deleted', { gatewayId });
  }
}
