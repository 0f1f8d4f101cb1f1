import { Injectable } from '@nestjs/common';
import { reaches } from '../common/actor';
import type { Reach } from '../common/actor';
import { pastMoment } from '../common/clock';
import { instanceId } from '../common/instance';
import type { Page, PageRequest } from '../common/page';
import { parseSort } from '../common/sort';
import type { NameSort, ObservedSort } from '../common/sort';
import type { PublicGateway } from '../events/domain-events';
import { toMatch } from './connection-filter';
import type { ConnectionFilter } from './connection-filter';
import { ConnectionList } from './connection-list';
import { isOwn } from './connection-record';
import type { ConnectionRecord, ObservedRecord, WritableRecord } from './connection-record';
import type { ConnectionState } from './connection-state';
import { FleetTallies, sumByState } from './fleet-tallies';
import type { FactoryTally, StateCounts, TallyFilter } from './fleet-tallies';
import { pageByValue } from './observed-order';
import { StateChanges } from './state-changes';

/** A gateway was registered, changed or deleted. */
export interface GatewayNews {
  readonly what: 'created' | 'updated' | 'deleted';
  /** As it is now, or as it was last. */
  readonly gateway: PublicGateway;
  /** As it was before; null for a new one. */
  readonly previous: PublicGateway | null;
}

export interface ConnectionQuery extends PageRequest<NameSort | ObservedSort>, ConnectionFilter {}

/**
 * The last known state of every gateway, in memory: reading it needs no database. A record is written by the session that added it, or
 * holds what another process has told.
 */
@Injectable()
export class ConnectionRegistry {
  private readonly records = new Map<string, ConnectionRecord>();
  /** All connections by each sort key; sorted again on demand after a name was added, changed or deleted. */
  private readonly lists = new Map<string, ConnectionList>();
  private readonly tallies = new FleetTallies();
  private readonly leftListeners = new Set<(last: ObservedRecord) => void>();
  private readonly newsListeners = new Set<(news: GatewayNews) => void>();

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
      observedBy: instanceId,
      toldAt: null,
      lastKnown: null,
    };
    const previous = this.records.get(gateway.id)?.gateway ?? null;
    this.release(gateway.id);
    this.records.set(gateway.id, record);
    this.tallies.count(record);
    this.lists.clear();
    this.tellChange(previous, gateway);
    return record;
  }

  /** Calls the listener with news of gateways from now on, before the state changes that follow from them. It must not throw. */
  subscribe(listener: (news: GatewayNews) => void): void {
    this.newsListeners.add(listener);
  }

  /** Replaces the row of the gateway in its record. */
  describe(record: WritableRecord, gateway: PublicGateway): void {
    const previous = record.gateway;
    if (previous.name !== gateway.name) this.lists.clear();
    record.gateway = gateway;
    if (this.records.get(gateway.id) !== record) return;
    this.tallies.count(record);
    this.tellChange(previous, gateway);
  }

  /** Counts and publishes a state change. The session calls this once the record is up to date. */
  stateChanged(record: WritableRecord, from: ConnectionState): void {
    if (this.records.get(record.gateway.id) === record) this.tallies.count(record);
    this.changes.publish(record, from);
  }

  /** The gateway was deleted. */
  delete(gatewayId: string): void {
    const gateway = this.records.get(gatewayId)?.gateway;
    this.release(gatewayId);
    if (gateway) this.announceDeletion(gateway);
  }

  /** Tells the news that a gateway was deleted which no process observed. */
  announceDeletion(gateway: PublicGateway): void {
    this.tell({ what: 'deleted', gateway, previous: gateway });
  }

  /** Calls the listener from now on for each gateway that another process will observe, with the last record of this one. */
  onLeft(listener: (last: ObservedRecord) => void): void {
    this.leftListeners.add(listener);
  }

  /** Another process will observe the gateway. */
  leave(gatewayId: string): void {
    const record = this.records.get(gatewayId);
    if (!record || !isOwn(record)) return;
    this.release(gatewayId);
    for (const listener of this.leftListeners) listener(record);
  }

  /** Forgets a gateway that this process observes no longer. */
  release(gatewayId: string): void {
    const record = this.records.get(gatewayId);
    if (!record) return;
    this.records.delete(gatewayId);
    this.tallies.forget(record);
    this.lists.clear();
  }

  /**
   * Shows what another process has told of a connection, or that nobody can be asked about it. Has no effect if this process observes it.
   */
  follow(told: ConnectionRecord): void {
    const record = this.records.get(told.gateway.id);
    if (record && isOwn(record)) return;
    if (record?.gateway.name !== told.gateway.name) this.lists.clear();
    // The same object, so that sorted lists stay as they are.
    const followed = record ? Object.assign(record, told) : { ...told };
    this.records.set(told.gateway.id, followed);
    this.tallies.count(followed);
  }

  /** Removes a gateway that this process does not observe. Whoever does has told the news. */
  unfollow(gatewayId: string): void {
    const record = this.records.get(gatewayId);
    if (record && !isOwn(record)) this.release(gatewayId);
  }

  has(gatewayId: string): boolean {
    return this.records.has(gatewayId);
  }

  find(reach: Reach, gatewayId: string): ConnectionRecord | null {
    const record = this.records.get(gatewayId);
    return record && reaches(reach, record.gateway.organizationId) ? record : null;
  }

  findAll(reach: Reach, { sort = 'name', ...query }: ConnectionQuery): Page<ConnectionRecord> {
    const { key, isDescending } = parseSort(sort);
    const matches = toMatch(reach, query);
    if (key === 'name' || key === 'name_ci') {
      const all = this.lists.get(key) ?? ConnectionList.sorted(key, this.records.values());
      this.lists.set(key, all);
      return (matches ? all.filter(matches) : all).page(query, isDescending);
    }
    const all = [...this.records.values()];
    return pageByValue(matches ? all.filter(matches) : all, { key, isDescending }, query);
  }

  /** Every connection, in no particular order. */
  all(): Iterable<ConnectionRecord> {
    return this.records.values();
  }

  /** Every connection that this process observes. */
  findOwn(): ObservedRecord[] {
    return [...this.records.values()].filter(isOwn);
  }

  /** Every gateway that is connected to this process. */
  findConnected(): ObservedRecord[] {
    return this.findOwn().filter(({ state }) => state === 'connected');
  }

  /** Every connection of this process with a known last sign of life. */
  findSeen(): ObservedRecord[] {
    return this.findOwn().filter(({ lastSeenAt }) => lastSeenAt !== null);
  }

  /** How many gateways are in each state. */
  countByState(reach: Reach): StateCounts {
    return sumByState(this.tallies.within(reach));
  }

  /** The gateways of each factory, counted. */
  tally(reach: Reach, filter: TallyFilter): FactoryTally[] {
    return this.tallies.within(reach, filter);
  }

  /** A row that was only read again is no news. */
  private tellChange(previous: PublicGateway | null, gateway: PublicGateway): void {
    if (!previous) this.tell({ what: 'created', gateway, previous });
    else if (previous.revision !== gateway.revision) this.tell({ what: 'updated', gateway, previous });
  }

  private tell(news: GatewayNews): void {
    for (const listener of this.newsListeners) listener(news);
  }
}
