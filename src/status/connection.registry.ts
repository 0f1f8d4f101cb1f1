import { Injectable } from '@nestjs/common';
import { reaches } from '../common/actor';
import type { Reach } from '../common/actor';
import { pastMoment } from '../common/clock';
import type { Page, PageRequest } from '../common/page';
import { parseSort } from '../common/sort';
import type { NameSort } from '../common/sort';
import type { PublicGateway } from '../events/domain-events';
import { ConnectionList } from './connection-list';
import type { ConnectionRecord, WritableRecord } from './connection-record';
import { STATUS_STATES } from './connection-state';
import type { ConnectionState, StatusState } from './connection-state';
import { StateChanges } from './state-changes';

export interface ConnectionQuery extends PageRequest<NameSort> {
  readonly factoryId?: string;
  readonly state?: StatusState;
}

/** The last known state of every gateway, in memory: reading it needs no database. A record is written by the session that added it. */
@Injectable()
export class ConnectionRegistry {
  private readonly records = new Map<string, WritableRecord>();
  /** All connections by each sort key; sorted again on demand after a name was added, changed or deleted. */
  private readonly lists = new Map<string, ConnectionList>();
  private counts = noCounts();

  constructor(private readonly changes: StateChanges) {}

  /** Adds a gateway, or replaces its record. @returns the record, for the session of the gateway to write */
  add(gateway: PublicGateway): WritableRecord {
    const record: WritableRecord = {
      gateway,
      state: 'disconnected',
      since: performance.now(),
      reason: null,
      attempt: 0,
      nextRetryAt: null,
      connectedAt: null,
      lastSeenAt: pastMoment(gateway.lastSeenAt),
      lastMessageAt: null,
      receivingSince: null,
      busy: null,
      latencyMs: null,
      messagesReceived: 0,
      messagesSent: 0,
      reconnects: 0,
      liveness: 'ping',
      tlsVerified: null,
      certificateExpiresAt: null,
    };
    this.delete(gateway.id);
    this.records.set(gateway.id, record);
    this.counts.disconnected += 1;
    this.lists.clear();
    return record;
  }

  /** Replaces the row of the gateway in its record. */
  describe(record: WritableRecord, gateway: PublicGateway): void {
    if (record.gateway.name !== gateway.name) this.lists.clear();
    record.gateway = gateway;
  }

  /** Counts and publishes a state change. The session calls this once the record is up to date. */
  stateChanged(record: WritableRecord, from: ConnectionState): void {
    if (this.records.get(record.gateway.id) === record) {
      this.counts[from] -= 1;
      this.counts[record.state] += 1;
    }
    this.changes.publish(record, from);
  }

  delete(gatewayId: string): void {
    const record = this.records.get(gatewayId);
    if (!record) return;
    this.records.delete(gatewayId);
    this.counts[record.state] -= 1;
    this.lists.clear();
  }

  find(reach: Reach, gatewayId: string): ConnectionRecord | null {
    const record = this.records.get(gatewayId);
    return record && reaches(reach, record.gateway.organizationId) ? record : null;
  }

  findAll(reach: Reach, { factoryId, state, sort = 'name', ...page }: ConnectionQuery): Page<ConnectionRecord> {
    const { key, isDescending } = parseSort(sort);
    const all = this.lists.get(key) ?? ConnectionList.sorted(key, this.records.values());
    this.lists.set(key, all);
    const matching =
      factoryId === undefined && state === undefined && reach.organizationId === null
        ? all
        : all.filter(
            (record) =>
              reaches(reach, record.gateway.organizationId) &&
              (factoryId === undefined || record.gateway.factoryId === factoryId) &&
              (state === undefined || record.state === state),
          );
    return matching.page(page, isDescending);
  }

  /** Every connection, in no particular order. */
  all(): Iterable<ConnectionRecord> {
    return this.records.values();
  }

  findConnected(): ConnectionRecord[] {
    return [...this.records.values()].filter(({ state }) => state === 'connected');
  }

  /** Every connection with a known last sign of life. */
  findSeen(): ConnectionRecord[] {
    return [...this.records.values()].filter(({ lastSeenAt }) => lastSeenAt !== null);
  }

  /** How many gateways are in each state. */
  countByState(reach: Reach): Record<StatusState, number> {
    if (reach.organizationId === null) return { ...this.counts };
    const counts = noCounts();
    for (const { gateway, state } of this.records.values()) {
      if (reaches(reach, gateway.organizationId)) counts[state] += 1;
    }
    return counts;
  }
}

function noCounts(): Record<StatusState, number> {
  return Object.fromEntries(STATUS_STATES.map((state) => [state, 0])) as Record<StatusState, number>;
}
