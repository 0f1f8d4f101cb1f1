import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Actor } from '../common/actor';
import type { Page } from '../common/page';
import { RequestInvalidError } from '../http/contract/validation';
import { DomainEvents } from '../events/domain-events';
import { FactoriesRepository } from './factories.repository';
import type { FactoryChanges, FactoryQuery, NewFactory } from './factories.repository';
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

  /** @throws UnknownOrganizationError */
  async create(actor: Actor, draft: NewFactory): Promise<FactoryRow> {
    const factory = await this.factories.create(draft);
    this.logger.info({ factoryId: factory.id, actor: actor.name }, 'factory created');
    return factory;
  }

  findAll(query: FactoryQuery): Promise<Page<FactoryRow>> {
    return this.factories.findAll(query);
  }

  /** @throws FactoryNotFoundError */
  async get(id: string): Promise<FactoryRow> {
    const factory = await this.factories.findById(id);
    if (!factory) throw new FactoryNotFoundError(id);
    return factory;
  }

  /** @throws FactoryNotFoundError, RequestInvalidError, ReadOnlyFieldError */
  async update(actor: Actor, id: string, changes: FactoryChanges): Promise<FactoryRow> {
    await this.requireTimeZone(id, changes.timezone);
    const factory = await this.factories.update(id, changes);
    if (!factory) throw new FactoryNotFoundError(id);
    this.logger.info({ factoryId: id, fields: Object.keys(changes), actor: actor.name }, 'factory updated');
    return factory;
  }

  /**
   * Deletes the factory and its gateways. Publishes `gateway.deleted` for each gateway.
   * @throws FactoryNotFoundError
   */
  async delete(actor: Actor, id: string): Promise<void> {
    const gatewayIds = await this.factories.softDelete(id);
    if (!gatewayIds) throw new FactoryNotFoundError(id);
    this.logger.info({ factoryId: id, gateways: gatewayIds.length, actor: actor.name }, 'factory deleted');
    for (const gatewayId of gatewayIds) this.events.publish('gateway.deleted', { gatewayId });
  }

  /** A stored name that is no longer accepted may be sent back unchanged. */
  private async requireTimeZone(id: string, timezone: string | undefined): Promise<void> {
    if (timezone === undefined || isTimeZone(timezone) || (await this.get(id)).timezone === timezone) return;
    throw new RequestInvalidError([{ path: 'timezone', message: NOT_A_TIME_ZONE, code: 'custom' }]);
  }
}
