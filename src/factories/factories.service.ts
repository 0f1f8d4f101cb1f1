import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { by } from '../common/actor';
import type { Actor, Reach } from '../common/actor';
import type { Created, Once } from '../common/idempotency';
import type { Page } from '../common/page';
import type { IfMatch } from '../common/precondition';
import { RequestInvalidError } from '../http/contract/validation';
import { DomainEvents } from '../events/domain-events';
import { FactoriesRepository } from './factories.repository';
import type {
  FactoryChanges,
  FactoryName,
  FactoryNamesQuery,
  FactoryQuery,
  NewFactory,
  OrganizationName,
  OrganizationNamesQuery,
} from './factories.repository';
import type { FactoryRow } from './factory.entity';
import { FactoryNotFoundError } from './factory.errors';
import { isTimeZone, NOT_A_TIME_ZONE } from './time-zone';

/** The sites where gateways are installed. */
@Injectable()
export class FactoriesService {
  constructor(
    private readonly factories: FactoriesRepository,
    private readonly events: DomainEvents,
    @InjectPinoLogger(FactoriesService.name) private readonly logger: PinoLogger,
  ) {}

  /** @throws UnknownOrganizationError, IdempotencyKeyReusedError */
  async create(actor: Actor, draft: NewFactory, once?: Once): Promise<Created<FactoryRow>> {
    const created = await this.factories.create(actor, draft, once);
    if (!created.isReplay) this.logger.info({ factoryId: created.row.id, ...by(actor) }, 'factory created');
    return created;
  }

  findAll(reach: Reach, query: FactoryQuery): Promise<Page<FactoryRow>> {
    return this.factories.findAll(reach, query);
  }

  /** All of them, by name. */
  findNames(reach: Reach, query: FactoryNamesQuery = {}): Promise<FactoryName[]> {
    return this.factories.findNames(reach, query);
  }

  /** All organizations, by name. */
  findOrganizationNames(reach: Reach, query: OrganizationNamesQuery = {}): Promise<OrganizationName[]> {
    return this.factories.findOrganizationNames(reach, query);
  }

  /** @throws FactoryNotFoundError */
  async get(reach: Reach, id: string): Promise<FactoryRow> {
    const factory = await this.factories.findById(reach, id);
    if (!factory) throw new FactoryNotFoundError(id);
    return factory;
  }

  /**
   * Publishes `factory.timeZoneChanged` if the changes name a zone.
   * @throws FactoryNotFoundError, RequestInvalidError, ReadOnlyFieldError, PreconditionFailedError
   */
  async update(actor: Actor, id: string, changes: FactoryChanges, condition: IfMatch = {}): Promise<FactoryRow> {
    await this.requireTimeZone(actor, id, changes.timezone);
    const factory = await this.factories.update(actor, id, changes, condition);
    if (!factory) throw new FactoryNotFoundError(id);
    this.logger.info({ factoryId: id, fields: Object.keys(changes), ...by(actor) }, 'factory updated');
    if (changes.timezone !== undefined) this.events.publish('factory.timeZoneChanged', { factoryId: id });
    return factory;
  }

  /**
   * Deletes the factory and its gateways. Publishes `gateway.deleted` for each gateway.
   * @throws FactoryNotFoundError, PreconditionFailedError
   */
  async delete(actor: Actor, id: string, condition: IfMatch = {}): Promise<void> {
    const gatewayIds = await this.factories.softDelete(actor, id, condition);
    if (!gatewayIds) throw new FactoryNotFoundError(id);
    this.logger.info({ factoryId: id, gateways: gatewayIds.length, ...by(actor) }, 'factory deleted');
    for (const gatewayId of gatewayIds) this.events.publish('gateway.deleted', { gatewayId });
  }

  /** A stored name that is no longer accepted may be sent back unchanged. */
  private async requireTimeZone(reach: Reach, id: string, timezone: string | undefined): Promise<void> {
    if (timezone === undefined || isTimeZone(timezone) || (await this.get(reach, id)).timezone === timezone) return;
    throw new RequestInvalidError([{ path: 'timezone', message: NOT_A_TIME_ZONE, code: 'custom' }]);
  }
}
