import { Injectable } from '@nestjs/common';
import type { Reach } from '../common/actor';
import type { Page } from '../common/page';
import { GatewayNotFoundError } from '../gateways/gateway.errors';
import { Assignment } from './assignment';
import { ConnectionRegistry } from './connection.registry';
import type { ConnectionRecord } from './connection-record';
import type { ConnectionQuery } from './connection.registry';
import type { FactoryTally, StateCounts, TallyFilter } from './fleet-tallies';
import { Readiness } from './readiness';
import { NotReadyError } from './status.errors';

@Injectable()
export class StatusService {
  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly assignment: Assignment,
    private readonly readiness: Readiness,
  ) {}

  /** @throws GatewayNotFoundError, NotReadyError */
  get(reach: Reach, gatewayId: string): ConnectionRecord {
    this.readiness.require();
    const record = this.registry.find(reach, gatewayId);
    if (record) return record;
    // Another process may hold it. Unless replicas share the gateways, the registry is complete only for assigned ones.
    if (this.readiness.knowsFleet || this.assignment.includes(gatewayId)) throw new GatewayNotFoundError(gatewayId);
    throw new NotReadyError();
  }

  /** @throws NotReadyError */
  findAll(reach: Reach, query: ConnectionQuery): Page<ConnectionRecord> {
    this.readiness.require();
    return this.registry.findAll(reach, query);
  }

  /** The gateways of each factory, counted. @throws NotReadyError */
  tally(reach: Reach, filter: TallyFilter): FactoryTally[] {
    this.readiness.require();
    return this.registry.tally(reach, filter);
  }

  /** Whether this process holds the sessions. */
  get isReady(): boolean {
    return this.readiness.isReady;
  }

  /** The number of gateways in each state; null while this process does not hold the sessions. */
  countByState(reach: Reach): StateCounts | null {
    return this.readiness.isReady ? this.registry.countByState(reach) : null;
  }
}
