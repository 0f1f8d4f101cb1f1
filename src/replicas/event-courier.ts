import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { z } from 'zod';
import { ReplicaBus } from '../bus/replica-bus';
import { SYSTEM } from '../common/actor';
import type { Actor } from '../common/actor';
import { instanceId } from '../common/instance';
import { DomainEvents, OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap, PublicGateway } from '../events/domain-events';
import { OrganizationNetworks } from '../organizations/organization-networks';
import { OwnerCalls } from '../routing/owner-calls';
import type { AtOwner } from '../routing/owner-calls';
import { toWireGateway, readGateway } from '../status/wire-record';
import type { WireGateway } from '../status/wire-record';
import { FleetRuntime } from './fleet-runtime';

/** How long a change waits for the owner to have heard of it. */
const HEARD_WITHIN_MS = 500;

/** Events that matter to every replica, and need no more than to be heard. */
const FOR_ALL = ['factory.timeZoneChanged', 'organization.networksChanged', 'schedule.changed'] as const;

const forAll = z.object({ kind: z.literal('event'), from: z.string(), name: z.enum(FOR_ALL), id: z.string() });

type GatewayEvent =
  | { readonly name: 'created' | 'updated'; readonly gateway: WireGateway }
  | { readonly name: 'deleted' | 'passwordConfirmed' };

/** Brings domain events of one replica to those that they matter to. Does nothing in a service that is alone. */
@Injectable()
export class EventCourier {
  private readonly toOwner: AtOwner<GatewayEvent, null>;
  /** What came from another replica, and does not go to others again. */
  private isRepeating = false;

  constructor(
    private readonly bus: ReplicaBus,
    private readonly events: DomainEvents,
    private readonly calls: OwnerCalls,
    private readonly fleet: FleetRuntime,
    private readonly networks: OrganizationNetworks,
    @InjectPinoLogger(EventCourier.name) private readonly logger: PinoLogger,
  ) {
    this.toOwner = calls.define('gatewayEvent', (actor, gatewayId, event) => this.hear(actor, gatewayId, event));
    if (bus.isShared) bus.answer('everyone', (message) => this.hearOfAll(message));
  }

  @OnDomainEvent('gateway.created')
  onCreated({ gateway }: DomainEventMap['gateway.created']): Promise<void> {
    return this.onDescribed('created', gateway);
  }

  @OnDomainEvent('gateway.updated')
  onUpdated({ gateway }: DomainEventMap['gateway.updated']): Promise<void> {
    return this.onDescribed('updated', gateway);
  }

  @OnDomainEvent('gateway.deleted')
  async onDeleted({ gatewayId }: DomainEventMap['gateway.deleted']): Promise<void> {
    if (this.calls.isHere(gatewayId)) return;
    await this.fleet.forget(gatewayId, () => this.send(SYSTEM, gatewayId, { name: 'deleted' }));
  }

  @OnDomainEvent('gateway.passwordConfirmed')
  async onPasswordConfirmed({ actor, gatewayId }: DomainEventMap['gateway.passwordConfirmed']): Promise<void> {
    if (!this.calls.isHere(gatewayId)) await this.send(actor, gatewayId, { name: 'passwordConfirmed' });
  }

  @OnDomainEvent('factory.timeZoneChanged')
  onTimeZoneChanged({ factoryId }: DomainEventMap['factory.timeZoneChanged']): void {
    this.tellAll('factory.timeZoneChanged', factoryId);
  }

  @OnDomainEvent('organization.networksChanged')
  onNetworksChanged({ organizationId }: DomainEventMap['organization.networksChanged']): void {
    this.tellAll('organization.networksChanged', organizationId);
  }

  @OnDomainEvent('schedule.changed')
  onScheduleChanged(): void {
    this.tellAll('schedule.changed', '');
  }

  private async onDescribed(name: 'created' | 'updated', gateway: PublicGateway): Promise<void> {
    if (this.calls.isHere(gateway.id)) return;
    this.fleet.describe(gateway); // Until the owner tells of it.
    await this.send(SYSTEM, gateway.id, { name, gateway: toWireGateway(gateway) });
  }

  /** An owner that cannot be asked finds the change in the table. Never rejects. @returns whether the owner has heard of it */
  private async send(actor: Actor, gatewayId: string, event: GatewayEvent): Promise<boolean> {
    try {
      await this.toOwner(actor, gatewayId, event, HEARD_WITHIN_MS);
      return true;
    } catch (error) {
      this.logger.debug({ err: error, gatewayId }, 'the owner of a gateway was not told of a change');
      return false;
    }
  }

  /** Carried out by the owner, for which the gateway is its own. */
  private async hear(actor: Actor, gatewayId: string, event: GatewayEvent): Promise<null> {
    const gateway = 'gateway' in event ? readGateway(event.gateway) : null;
    if (gateway && event.name === 'created') await this.events.publishAndWait('gateway.created', { gateway });
    else if (gateway) await this.events.publishAndWait('gateway.updated', { gateway });
    else if (event.name === 'deleted') await this.events.publishAndWait('gateway.deleted', { gatewayId });
    else if (event.name === 'passwordConfirmed') {
      await this.events.publishAndWait('gateway.passwordConfirmed', { actor, gatewayId });
    }
    return null;
  }

  private tellAll(name: (typeof FOR_ALL)[number], id: string): void {
    if (this.isRepeating || !this.bus.isShared) return;
    this.bus.tell('everyone', { kind: 'event', from: instanceId, name, id } satisfies z.output<typeof forAll>);
  }

  private hearOfAll(message: unknown): null {
    const { data } = forAll.safeParse(message);
    if (!data || data.from === instanceId) return null;
    this.isRepeating = true;
    try {
      this.repeat(data.name, data.id);
    } finally {
      this.isRepeating = false;
    }
    return null;
  }

  private repeat(name: (typeof FOR_ALL)[number], id: string): void {
    switch (name) {
      case 'factory.timeZoneChanged':
        return this.events.publish(name, { factoryId: id });
      case 'organization.networksChanged': // What it reads is in memory, and is read again first.
        return void this.networks.refresh().catch(() => undefined);
      case 'schedule.changed':
        return this.events.publish(name, {});
    }
  }
}
