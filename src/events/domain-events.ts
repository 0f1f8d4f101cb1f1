import { Injectable } from '@nestjs/common';
import { EventEmitter2, OnEvent } from '@nestjs/event-emitter';
import type { Actor } from '../common/actor';

/** The connection state that the operator has requested for a gateway. */
export type DesiredState = 'connected' | 'disconnected';

/** The public part of a gateway's row. Contains no secrets. */
export interface PublicGateway {
  readonly id: string;
  readonly factoryId: string;
  /** The organization of the factory. */
  readonly organizationId: string;
  /** The operator's id for the gateway: `gateway_id` in the API. */
  readonly label: string;
  readonly name: string;
  readonly desiredState: DesiredState;
  /** Grows when the address or the credentials change. */
  readonly connectionVersion: number;
  /** Grows with every change: of two events, the one with the higher revision is newer. */
  readonly revision: number;
  readonly lastSeenAt: Date | null;
}

/** All domain events. They are published after the commit. Payloads carry the public row, never a secret. */
export interface DomainEventMap {
  'gateway.created': { gateway: PublicGateway };
  'gateway.updated': { gateway: PublicGateway };
  'gateway.deleted': { gatewayId: string };
  /** The clocks of its gateways are read in another zone from now on, unless they have one of their own. */
  'factory.timeZoneChanged': { factoryId: string };
  /** The gateways of an organization may be in other networks now. */
  'organization.networksChanged': { organizationId: string };
  /** A schedule was created or changed. */
  'schedule.changed': Record<string, never>;
  /** Its keys are revoked. */
  'organization.deleted': { organizationId: string };
  /** A key is revoked or has expired, or has other rights now: what was begun with it must end. */
  'key.ended': { keyId: string };
  /** A change contained the password that was already stored. */
  'gateway.passwordConfirmed': { actor: Actor; gatewayId: string };
}

type Handler<Name extends keyof DomainEventMap> = (event: DomainEventMap[Name]) => void | Promise<void>;

/** Publishes domain events, typed for publishers and listeners. */
@Injectable()
export class DomainEvents {
  constructor(private readonly emitter: EventEmitter2) {}

  /** Call after the commit, so that listeners can read the change. Listeners have run when this returns. */
  publish<Name extends keyof DomainEventMap>(name: Name, event: DomainEventMap[Name]): void {
    this.emitter.emit(name, event);
  }

  /** Like `publish`, and resolves when listeners that return a promise have finished. */
  async publishAndWait<Name extends keyof DomainEventMap>(name: Name, event: DomainEventMap[Name]): Promise<void> {
    await this.emitter.emitAsync(name, event);
  }
}

/** Marks a method as the listener of a domain event. It runs before `publish` returns; who waits for a promise is `publishAndWait`. */
export const OnDomainEvent = <Name extends keyof DomainEventMap>(name: Name) =>
  OnEvent(name) as (target: object, key: string, method: Pick<TypedPropertyDescriptor<Handler<Name>>, 'value'>) => void;
