import { Injectable } from '@nestjs/common';
import { NotReadyError } from './status.errors';

/**
 * Whether this process can say what state gateways are in: it runs the sessions of all of them. Where replicas share the gateways, it knows
 * what the others have told.
 */
@Injectable()
export class Readiness {
  private hasSessions = false;
  /** Null in a service that is alone. */
  private fleet: boolean | null = null;

  get isReady(): boolean {
    return this.fleet ?? this.hasSessions;
  }

  /** Set by the supervisor: whether this process runs the sessions of all gateways assigned to it, so that the registry knows them. */
  set isReady(isReady: boolean) {
    this.hasSessions = isReady;
  }

  /** Whether the registry has all gateways, whoever owns them. */
  get knowsFleet(): boolean {
    return this.fleet === true;
  }

  /** Set where replicas share the gateways. */
  set knowsFleet(knowsFleet: boolean) {
    this.fleet = knowsFleet;
  }

  /** @throws NotReadyError */
  require(): void {
    if (!this.isReady) throw new NotReadyError();
  }
}
