import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { by } from '../common/actor';
import type { Actor, Reach } from '../common/actor';
import type { Created, Once } from '../common/idempotency';
import { DialNetworks } from '../common/allowed-networks';
import type { Page } from '../common/page';
import type { IfMatch } from '../common/precondition';
import { Config } from '../config/config';
import { DomainEvents } from '../events/domain-events';
import type { DesiredState } from '../events/domain-events';
import { toPublicGateway } from './connection-target';
import type { ConnectionTarget, GatewayRevision } from './connection-target';
import type { GatewayRow } from './gateway.entity';
import { OrganizationNetworks } from '../organizations/organization-networks';
import { AddressRefusedError, GatewayNotFoundError } from './gateway.errors';
import { addressInUrl } from './gateway-url';
import { GatewaysRepository } from './gateways.repository';
import type { GatewayChanges, GatewayQuery, NewGateway, Sighting, WantedShards } from './gateways.repository';
import { originText } from './origin';
import { brokenBindings, requireWss } from './password-binding';
import type { Destination } from './password-binding';

/** Manages the registered gateways. Publishes their creation, changes and deletion as events, without knowing the subscribers. */
@Injectable()
export class GatewaysService {
  private readonly networks: DialNetworks;

  constructor(
    private readonly gateways: GatewaysRepository,
    private readonly events: DomainEvents,
    @InjectPinoLogger(GatewaysService.name) private readonly logger: PinoLogger,
    config: Config,
    private readonly organizationNetworks: OrganizationNetworks,
  ) {
    this.networks = new DialNetworks(config.gatewayNetworks, organizationNetworks.narrowed);
  }

  /**
   * Refuses a URL whose address is outside the allowed networks of an organization. A host name is checked when it is dialled.
   * @param organizationId null: no organization narrows the networks
   * @throws AddressRefusedError
   */
  async requireAllowedAddress(url: string, organizationId: string | null): Promise<void> {
    if (organizationId !== null) await this.organizationNetworks.refresh(); // Another process may have changed them.
    this.requireAllowed(url, organizationId);
  }

  /** The organization of a gateway that the actor might create in this factory; null if there is no such factory. */
  async findOrganizationOf(reach: Reach, factoryId: string): Promise<string | null> {
    return reach.organizationId ?? (await this.gateways.findOrganizationOf(reach, factoryId));
  }

  /**
   * @param allowDuplicate permit a second gateway with this URL and e-mail in the organization
   * @throws UnknownFactoryError, GatewayIdTakenError, GatewayUrlTakenError, TlsNeedsWssError, AddressRefusedError,
   * IdempotencyKeyReusedError
   */
  async create(
    actor: Actor,
    draft: NewGateway,
    { allowDuplicate = false, once }: { readonly allowDuplicate?: boolean; readonly once?: Once | undefined } = {},
  ): Promise<Created<GatewayRow>> {
    requireWss(draft);
    this.requireAllowed(draft.url, null); // The statement checks the networks of the organization.
    const created = await this.gateways.create(actor, draft, { refuseDuplicates: !allowDuplicate, once });
    if (created.isReplay) return created;
    const { row: gateway } = created;
    this.logger.info({ gatewayId: gateway.id, factoryId: gateway.factoryId, ...by(actor) }, 'gateway created');
    await this.events.publishAndWait('gateway.created', { gateway: toPublicGateway(gateway) });
    return created;
  }

  findAll(reach: Reach, query: GatewayQuery): Promise<Page<GatewayRow>> {
    return this.gateways.findAll(reach, query);
  }

  /** @throws GatewayNotFoundError */
  async get(reach: Reach, id: string): Promise<GatewayRow> {
    const gateway = await this.gateways.findById(reach, id);
    if (!gateway) throw new GatewayNotFoundError(id);
    return gateway;
  }

  /**
   * A stored password moves with the gateway even if it is not sent again, if the actor may redirect it.
   * @param allowDuplicate permit a second gateway with this URL and e-mail in the organization
   * @throws GatewayNotFoundError, ReadOnlyFieldError, UnknownFactoryError, FactoryInOtherOrganizationError, GatewayIdTakenError,
   * GatewayUrlTakenError, TlsNeedsWssError, PasswordRequiredError, PreconditionFailedError, AddressRefusedError if the URL changes
   */
  async update(
    actor: Actor,
    id: string,
    changes: GatewayChanges,
    { allowDuplicate = false, ifMatch }: IfMatch & { readonly allowDuplicate?: boolean } = {},
  ): Promise<GatewayRow> {
    if (changes.url !== undefined) await this.requireAllowedChange(actor, id, changes.url);
    const changed = await this.gateways.update(actor, id, changes, { refuseDuplicates: !allowDuplicate, ifMatch });
    const gateway = await this.announceUpdate(id, changed);
    this.logger.info({ gatewayId: id, fields: Object.keys(changes), ...by(actor) }, 'gateway updated');
    if (changed?.before) this.warnOfMove(actor, id, changed.before, gateway);
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
    const [gateway] = await Promise.all([this.gateways.setDesiredState(actor, id, desiredState), alsoStored]);
    await this.announceUpdate(id, gateway);
    this.logger.info({ gatewayId: id, desiredState, ...by(actor) }, 'desired state changed');
  }

  /**
   * Stores whether the operator wants these gateways connected.
   * @param alsoStore another write of the same order, which must be committed before the sessions hear of it; gets the ids stored
   * @returns the ids of the gateways that are living and within reach
   */
  async setDesiredStates(
    actor: Actor,
    ids: readonly string[],
    desiredState: DesiredState,
    alsoStore: (stored: readonly string[]) => Promise<void> = () => Promise.resolve(),
  ): Promise<string[]> {
    const gateways = await this.gateways.setDesiredStates(actor, ids, desiredState);
    const stored = gateways.map(({ id }) => id);
    await alsoStore(stored);
    await Promise.all(gateways.map((gateway) => this.announceUpdate(gateway.id, gateway)));
    this.logger.info({ gatewayIds: stored, desiredState, ...by(actor) }, 'desired states changed');
    return stored;
  }

  /** @throws GatewayNotFoundError, PreconditionFailedError */
  async delete(actor: Actor, id: string, condition: IfMatch = {}): Promise<void> {
    if (!(await this.gateways.softDelete(actor, id, condition))) throw new GatewayNotFoundError(id);
    this.logger.info({ gatewayId: id, ...by(actor) }, 'gateway deleted');
    await this.events.publishAndWait('gateway.deleted', { gatewayId: id });
  }

  /** Connection targets of all gateways of these shards that should be connected; passwords are still sealed. */
  findActive(reach: Reach, shards: WantedShards = 'all'): Promise<ConnectionTarget[]> {
    return this.gateways.findActive(reach, shards);
  }

  /** Connection targets of these gateways, without deleted ones; passwords are still sealed. */
  findConnectionTargets(reach: Reach, ids: readonly string[]): Promise<ConnectionTarget[]> {
    return this.gateways.findTargets(reach, ids);
  }

  /** Id and revision of every gateway of these shards, to find those that have changed. */
  findRevisions(reach: Reach, shards: WantedShards = 'all'): Promise<GatewayRevision[]> {
    return this.gateways.findRevisions(reach, shards);
  }

  /** Stores when gateways last gave a sign of life. @returns the ids written; rows in use are skipped, so pass them again later */
  recordSightings(sightings: readonly Sighting[]): Promise<string[]> {
    return this.gateways.recordSightings(sightings);
  }

  /** An unchanged URL is accepted even if the allowed networks have been narrowed since it was stored. */
  private async requireAllowedChange(reach: Reach, id: string, url: string): Promise<void> {
    try {
      this.requireAllowed(url, null);
    } catch (error) {
      if ((await this.get(reach, id)).url !== url) throw error;
    }
  }

  private requireAllowed(url: string, organizationId: string | null): void {
    const address = addressInUrl(url);
    const refusal = address === null ? null : this.networks.refusalOf(address, organizationId);
    if (address !== null && refusal) throw new AddressRefusedError(address, refusal);
  }

  private warnOfMove(actor: Actor, gatewayId: string, before: Destination, after: Destination): void {
    const changed = brokenBindings(before, after);
    if (changed.length === 0) return;
    const [from, to] = [originText(before.url), originText(after.url)];
    this.logger.warn(
      { gatewayId, changed, from, to, ...by(actor) },
      'a stored password is now used with another origin or e-mail, or weaker TLS',
    );
  }

  /** Resolves when the sessions have heard of it, in whichever process they are. */
  private async announceUpdate(id: string, gateway: GatewayRow | null): Promise<GatewayRow> {
    if (!gateway) throw new GatewayNotFoundError(id);
    await this.events.publishAndWait('gateway.updated', { gateway: toPublicGateway(gateway) });
    return gateway;
  }
}
