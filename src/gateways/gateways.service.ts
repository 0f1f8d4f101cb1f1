import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Actor } from '../common/actor';
import type { AllowedNetworks } from '../common/allowed-networks';
import type { Page } from '../common/page';
import { Config } from '../config/config';
import { DomainEvents } from '../events/domain-events';
import type { DesiredState } from '../events/domain-events';
import { toPublicGateway } from './connection-target';
import type { ConnectionTarget, GatewayRevision } from './connection-target';
import type { GatewayRow } from './gateway.entity';
import { AddressRefusedError, GatewayNotFoundError } from './gateway.errors';
import { addressInUrl } from './gateway-url';
import { GatewaysRepository } from './gateways.repository';
import type { GatewayChanges, GatewayQuery, NewGateway, Sighting } from './gateways.repository';
import { originText } from './origin';
import { brokenBindings, requireWss } from './password-binding';
import type { Destination } from './password-binding';

/** Manages the registered gateways. Publishes their creation, changes and deletion as events, without knowing the subscribers. */
@Injectable()
export class GatewaysService {
  private readonly networks: AllowedNetworks;

  constructor(
    private readonly gateways: GatewaysRepository,
    private readonly events: DomainEvents,
    @InjectPinoLogger(GatewaysService.name) private readonly logger: PinoLogger,
    config: Config,
  ) {
    this.networks = config.gatewayNetworks;
  }

  /**
   * Refuses a URL whose address is outside the allowed networks. A host name is checked when it is dialled.
   * @throws AddressRefusedError
   */
  requireAllowedAddress(url: string): void {
    const address = addressInUrl(url);
    if (address !== null && !this.networks.allows(address)) throw new AddressRefusedError(address);
  }

  /**
   * @param allowDuplicate permit a second gateway with this URL and e-mail in the organization
   * @throws UnknownFactoryError, GatewayIdTakenError, GatewayUrlTakenError, TlsNeedsWssError, AddressRefusedError
   */
  async create(actor: Actor, draft: NewGateway, allowDuplicate = false): Promise<GatewayRow> {
    requireWss(draft);
    this.requireAllowedAddress(draft.url);
    const gateway = await this.gateways.create(draft, !allowDuplicate);
    this.logger.info({ gatewayId: gateway.id, factoryId: gateway.factoryId, actor: actor.name }, 'gateway created');
    this.events.publish('gateway.created', { gateway: toPublicGateway(gateway) });
    return gateway;
  }

  findAll(query: GatewayQuery): Promise<Page<GatewayRow>> {
    return this.gateways.findAll(query);
  }

  /** @throws GatewayNotFoundError */
  async get(id: string): Promise<GatewayRow> {
    const gateway = await this.gateways.findById(id);
    if (!gateway) throw new GatewayNotFoundError(id);
    return gateway;
  }

  /**
   * A stored password moves with the gateway even if it is not sent again, because anyone who may change a gateway may redirect it.
   * @param allowDuplicate permit a second gateway with this URL and e-mail in the organization
   * @throws GatewayNotFoundError, ReadOnlyFieldError, UnknownFactoryError, FactoryInOtherOrganizationError, GatewayIdTakenError,
   * GatewayUrlTakenError, TlsNeedsWssError, AddressRefusedError if the URL changes
   */
  async update(actor: Actor, id: string, changes: GatewayChanges, allowDuplicate = false): Promise<GatewayRow> {
    if (changes.url !== undefined) await this.requireAllowedChange(id, changes.url);
    const changed = await this.gateways.update(id, changes, !allowDuplicate);
    const gateway = this.announceUpdate(id, changed);
    this.logger.info({ gatewayId: id, fields: Object.keys(changes), actor: actor.name }, 'gateway updated');
    if (changed?.before && !changes.password) this.warnOfMove(actor, id, changed.before, gateway);
    if (changed?.confirmsPassword)
      await this.events.publishAndWait('gateway.passwordConfirmed', { actor, gatewayId: id });
    return gateway;
  }

  /**
   * Stores whether the operator wants the gateway connected. Sends its statement at once, so that orders stay in sequence.
   * @param alsoStored another write of the same order, which must be committed before the session hears of the order
   * @throws GatewayNotFoundError, and what `alsoStored` rejects with
   */
  async setDesiredState(
    actor: Actor,
    id: string,
    desiredState: DesiredState,
    alsoStored?: Promise<void>,
  ): Promise<void> {
    const [gateway] = await Promise.all([this.gateways.setDesiredState(id, desiredState), alsoStored]);
    this.announceUpdate(id, gateway);
    this.logger.info({ gatewayId: id, desiredState, actor: actor.name }, 'desired state changed');
  }

  /** @throws GatewayNotFoundError */
  async delete(actor: Actor, id: string): Promise<void> {
    if (!(await this.gateways.softDelete(id))) throw new GatewayNotFoundError(id);
    this.logger.info({ gatewayId: id, actor: actor.name }, 'gateway deleted');
    this.events.publish('gateway.deleted', { gatewayId: id });
  }

  /** Connection targets of all gateways that should be connected; passwords are still sealed. */
  findActive(): Promise<ConnectionTarget[]> {
    return this.gateways.findActive();
  }

  /** Connection targets of these gateways, without deleted ones; passwords are still sealed. */
  findConnectionTargets(ids: readonly string[]): Promise<ConnectionTarget[]> {
    return this.gateways.findTargets(ids);
  }

  /** Id and revision of every gateway, to find those that have changed. */
  findRevisions(): Promise<GatewayRevision[]> {
    return this.gateways.findRevisions();
  }

  /** Stores when gateways last gave a sign of life. @returns the ids written; rows in use are skipped, so pass them again later */
  recordSightings(sightings: readonly Sighting[]): Promise<string[]> {
    return this.gateways.recordSightings(sightings);
  }

  /** An unchanged URL is accepted even if the allowed networks have been narrowed since it was stored. */
  private async requireAllowedChange(id: string, url: string): Promise<void> {
    try {
      this.requireAllowedAddress(url);
    } catch (error) {
      if ((await this.get(id)).url !== url) throw error;
    }
  }

  private warnOfMove(actor: Actor, gatewayId: string, before: Destination, after: Destination): void {
    const changed = brokenBindings(before, after);
    if (changed.length === 0) return;
    const [from, to] = [originText(before.url), originText(after.url)];
    this.logger.warn(
      { gatewayId, changed, from, to, actor: actor.name },
      'a stored password is now used with another origin or e-mail, or weaker TLS',
    );
  }

  private announceUpdate(id: string, gateway: GatewayRow | null): GatewayRow {
    if (!gateway) throw new GatewayNotFoundError(id);
    this.events.publish('gateway.updated', { gateway: toPublicGateway(gateway) });
    return gateway;
  }
}
