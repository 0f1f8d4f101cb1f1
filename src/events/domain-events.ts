import { Injectable } from '@nestjs/common';
import { EventEmitter2, OnEvent } from '@nestjs/event-emitter';

/** What the operator wants of a gateway's connection. */
export type DesiredState = 'connected' | 'disconnected';

/** A gateway's row as anybody may see it: nothing here is secret. */
export interface PublicGateway {
  readonly id: string;
  readonly factoryId: string;
  /** What people call the box: `gateway_id` on the wire. */
  readonly label: string;
  readonly name: string;
  readonly desiredState: DesiredState;
  /** Grows when the address or the credentials change. */
  readonly connectionVersion: number;
  /** Grows with every change: of two pieces of news, the one with the higher revision is newer. */
  readonly revision: number;
  readonly lastSeenAt: Date | null;
}

/** Everything the application announces, after the commit. Payloads carry the public row, never a secret. */
export interface DomainEventMap {
  'gateway.created': { gateway: PublicGateway };
  'gateway.updated': { gateway: PublicGateway };
  'gateway.deleted': { gatewayId: string };
  /** A change named the password that was stored already. */
  'gateway.passwordConfirmed': { gatewayId: string };
}

type Handler<Name extends keyof DomainEventMap> = (event: DomainEventMap[Name]) => void | Promise<void>;

/** The application's announcements, typed where they are published and where they are heard. */
@Injectable()
export class DomainEvents {
  constructor(private readonly emitter: EventEmitter2) {}

  /** Call after the commit: a listener must be able to read what it hears about. Listeners have run when this returns. */
  publish<Name extends keyof DomainEventMap>(name: Name, event: DomainEventMap[Name]): void {
    this.emitter.emit(name, event);
  }

  /** Like `publish`, and resolves when listeners that return a promise have finished. */
  async publishAndWait<Name extends keyof DomainEventMap>(name: Name, event: DomainEventMap[Name]): Promise<void> {
    await this.emitter.emitAsync(name, event);
  }
}

/** Marks a method as the listener of a domain event. It runs before `publish` returns, so it must not wait for anything. */
export const OnDomainEvent = <Name extends keyof DomainEventMap>(name: Name) =>
  OnEvent(name) as (target: object, key: string, method: Pick<TypedPropertyDescriptor<Handler<Name>>, 'value'>) => void;
