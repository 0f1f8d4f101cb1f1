import type { LatestValues, Message } from '../bus/replica-bus';
import { EVERYWHERE } from '../common/actor';
import type { Moment } from '../common/clock';
import type { PublicGateway } from '../events/domain-events';
import { isOwn } from '../status/connection-record';
import type { ConnectionRecord, ObservedRecord } from '../status/connection-record';
import type { ConnectionRegistry } from '../status/connection.registry';
import type { Owned } from './own-statuses';
import { FIGURES, readAllFigures, readStatus } from './told-status';
import type { Told } from './told-status';

/** What `FollowedFleet` says. */
export interface FleetListener {
  /** The store of statuses was emptied: post those of this process again. */
  onEmptied(): void;
  /** An earlier owner has put its status in the place of what this process has posted of a gateway: post it again. */
  onOverwritten(gatewayId: string): void;
  /** Connections have become `unknown`, or are known again, without a state change that the live stream could show. */
  onUnannounced(): void;
  /** Whoever observed the gateway has told that it is deleted. */
  onDeleted(gatewayId: string): void;
}

/** Keeps the registry up to date about connections that other replicas observe, and says `unknown` of those that nobody can be asked about. */
export class FollowedFleet {
  private readonly told = new Map<string, Told>();
  /** When each replica was last heard. */
  private readonly heard = new Map<string, Moment>();
  /** Replicas whose connections are `unknown` at present. */
  private readonly silent = new Set<string>();
  private markReplayed!: () => void;
  /** Resolves when all that others had told before is known. */
  readonly replayed = new Promise<void>((resolve) => (this.markReplayed = resolve));

  /**
   * @param silentMs how long a replica may be silent
   */
  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly owned: Owned,
    private readonly silentMs: number,
    private readonly listener: FleetListener,
  ) {}

  follow(values: LatestValues): void {
    values.follow({
      onValue: (key, value) => this.onValue(key, value),
      onEmptied: () => {
        this.markReplayed();
        this.listener.onEmptied();
      },
    });
  }

  /** A replica is there. Each says so regularly. */
  hear(replica: string): void {
    this.heard.set(replica, performance.now());
    if (this.silent.delete(replica)) this.showAll(replica);
  }

  /** Looks which replicas are silent. Call it at least once a second. */
  look(): void {
    const limit = performance.now() - this.silentMs;
    for (const [replica, at] of this.heard) {
      if (at >= limit || this.silent.has(replica)) continue;
      this.silent.add(replica);
      this.showAll(replica);
    }
  }

  /** Gateways of the database. Those of which nobody has told anything are `unknown`. */
  describe(gateways: readonly PublicGateway[]): void {
    for (const gateway of gateways) if (!this.registry.has(gateway.id)) this.registry.follow(unknown(gateway, null));
  }

  /** The row of a gateway is another one now, which its owner will tell as well. */
  describeOne(gateway: PublicGateway): void {
    const record = this.registry.find(EVERYWHERE, gateway.id);
    if (!record || isOwn(record)) return this.describe([gateway]);
    if (record.gateway.revision < gateway.revision) this.registry.follow({ ...record, gateway });
  }

  /** A gateway that this process does not observe is deleted. */
  forget(gatewayId: string): void {
    this.told.delete(gatewayId);
    this.registry.unfollow(gatewayId);
  }

  /**
   * This process observes a gateway no longer: shows what a later owner has told of it, or that it is unknown.
   * @param last the record when it ended
   * @param epoch of this process as its owner
   */
  letGo(last: ObservedRecord, epoch: number): void {
    const { id } = last.gateway;
    const told = this.told.get(id);
    if (told && told.epoch > epoch) return this.show(told);
    this.told.set(id, { by: this.owned.id, epoch, record: last }); // What earlier owners tell is passed over.
    this.registry.follow(unknown(last.gateway, last));
  }

  private onValue(key: string, value: Message): void {
    if (key.startsWith(FIGURES)) return this.onFigures(value);
    if (value === null) {
      this.listener.onDeleted(key);
      return this.forget(key);
    }
    const told = readStatus(value);
    if (!told || told.by === this.owned.id) return;
    if (told.epoch < (this.owned.epochOf(key) ?? 0)) return this.listener.onOverwritten(key);
    if (told.epoch < (this.told.get(key)?.epoch ?? 0)) return;
    this.told.set(key, told);
    // One that was there before this replica has been silent since then, as far as anybody here knows.
    if (!this.heard.has(told.by)) this.heard.set(told.by, performance.now());
    this.show(told);
  }

  private onFigures(value: Message): void {
    const message = readAllFigures(value);
    if (!message || message.by === this.owned.id) return;
    for (const [id, epoch, figures] of message.gateways) {
      const known = this.told.get(id);
      if (known?.by !== message.by || known.epoch !== epoch) continue;
      const told = { ...known, record: { ...known.record, ...figures, toldAt: message.at } };
      this.told.set(id, told);
      this.show(told);
    }
  }

  private showAll(replica: string): void {
    let count = 0;
    for (const told of this.told.values()) {
      if (told.by !== replica) continue;
      this.show(told);
      count += 1;
    }
    if (count > 0) this.listener.onUnannounced();
  }

  private show({ by, record }: Told): void {
    this.registry.follow(this.silent.has(by) ? unknown(record.gateway, record) : record);
  }
}

/** The status of a connection that nobody can be asked about. @param last what was known of it */
function unknown(gateway: PublicGateway, last: ConnectionRecord | null): ConnectionRecord {
  const now = performance.now();
  return {
    gateway,
    state: 'unknown',
    since: now,
    reason: null,
    attempt: 0,
    nextRetryAt: null,
    connectedAt: null,
    lastSeenAt: last?.lastSeenAt ?? null,
    lastMessageAt: last?.lastMessageAt ?? null,
    receivingSince: null,
    busy: null,
    latencyMs: null,
    messagesReceived: last?.messagesReceived ?? 0,
    messagesSent: last?.messagesSent ?? 0,
    reconnects: last?.reconnects ?? 0,
    liveness: 'ping',
    tlsVerified: null,
    certificateExpiresAt: last?.certificateExpiresAt ?? null,
    observedBy: null,
    toldAt: null,
    lastKnown:
      last && last.state !== 'unknown'
        ? { state: last.state, since: last.since, asOf: last.toldAt ?? now }
        : (last?.lastKnown ?? null),
  };
}
