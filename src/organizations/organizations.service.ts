import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { by } from '../common/actor';
import type { Actor, Reach } from '../common/actor';
import type { Created, Once } from '../common/idempotency';
import type { Page } from '../common/page';
import type { IfMatch } from '../common/precondition';
import { DomainEvents } from '../events/domain-events';
import type { OrganizationRow } from './organization.entity';
import { OrganizationNetworks } from './organization-networks';
import { OrganizationNotFoundError } from './organization.errors';
import { OrganizationsRepository } from './organizations.repository';
import type { NewOrganization, OrganizationChanges, OrganizationQuery } from './organizations.repository';

/** The owners of factories. */
@Injectable()
export class OrganizationsService {
  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly networks: OrganizationNetworks,
    private readonly events: DomainEvents,
    @InjectPinoLogger(OrganizationsService.name) private readonly logger: PinoLogger,
  ) {}

  /** @throws IdempotencyKeyReusedError */
  async create(actor: Actor, draft: NewOrganization, once?: Once): Promise<Created<OrganizationRow>> {
    const created = await this.organizations.create(actor, draft, once);
    if (created.isReplay) return created;
    if (draft.gatewayNetworks) await this.applyNetworks();
    this.logger.info({ organizationId: created.row.id, ...by(actor) }, 'organization created');
    return created;
  }

  findAll(reach: Reach, query: OrganizationQuery): Promise<Page<OrganizationRow>> {
    return this.organizations.findAll(reach, query);
  }

  /** @throws OrganizationNotFoundError */
  async get(reach: Reach, id: string): Promise<OrganizationRow> {
    const organization = await this.organizations.findById(reach, id);
    if (!organization) throw new OrganizationNotFoundError(id);
    return organization;
  }

  /**
   * New networks apply to dials and live sessions before the method returns, unless the database is lost right after the change.
   * @throws OrganizationNotFoundError, PreconditionFailedError
   */
  async update(
    actor: Actor,
    id: string,
    changes: OrganizationChanges,
    condition: IfMatch = {},
  ): Promise<OrganizationRow> {
    const organization = await this.organizations.update(actor, id, changes, condition);
    if (!organization) throw new OrganizationNotFoundError(id);
    if (changes.gatewayNetworks !== undefined) await this.applyNetworks();
    this.logger.info({ organizationId: id, fields: Object.keys(changes), ...by(actor) }, 'organization updated');
    return organization;
  }

  /**
   * Deletes the organization, and its factories and gateways if `cascade` is set. Publishes `gateway.deleted` for each gateway. Its
   * keys have ended in this process before the method returns.
   * @throws OrganizationNotFoundError, OrganizationNotEmptyError, PreconditionFailedError
   */
  async delete(actor: Actor, id: string, cascade: boolean, condition: IfMatch = {}): Promise<void> {
    const gatewayIds = await this.organizations.softDelete(actor, id, cascade, condition);
    if (!gatewayIds) throw new OrganizationNotFoundError(id);
    this.logger.info({ organizationId: id, gateways: gatewayIds.length, ...by(actor) }, 'organization deleted');
    for (const gatewayId of gatewayIds) this.events.publish('gateway.deleted', { gatewayId });
    await this.events.publishAndWait('organization.deleted', { organizationId: id });
  }

  /** Never rejects: the change is committed, and the next comparison of the sessions with the tables reads the networks again. */
  private async applyNetworks(): Promise<void> {
    try {
      await this.networks.refresh();
    } catch (error) {
      this.logger.warn({ err: error }, 'networks of organizations cannot be read, keeping those that are known');
    }
  }
}
