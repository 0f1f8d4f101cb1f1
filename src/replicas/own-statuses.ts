import type { LatestValues } from '../bus/replica-bus';
import { EVERYWHERE } from '../common/actor';
import { groupBy } from '../common/group-by';
import type { PublicGateway } from '../events/domain-events';
import { isOwn } from '../status/connection-record';
import type { ObservedRecord } from '../status/connection-record';
import type { ConnectionRegistry } from '../status/connection.registry';
import type { StateChanges } from '../status/state-changes';
import { toWireFigures, toWireRecord } from '../status/wire-record';
import { FIGURES } from './told-status';
import type { FiguresMessage, StatusMessage } from './told-status';

/** Which gateways this process owns. */
export interface Owned {
  readonly id: string;
  /** Null for a gateway that this process does not own. */
  epochOf(gatewayId: string): number | null;
  shardOf(gatewayId: string): number;
}

/** Tells other replicas of the connections that this process observes: each change at once, figures when `postFigures` is called. */
export class OwnStatuses {
  /** Gateways whose record is to be posted, and whether this has been arranged. */
  private readonly changed = new Set<string>();
  private isArranged = false;
  /** The rows that were posted. A row that has changed is another object. */
  private readonly rows = new Map<string, PublicGateway>();

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly values: LatestValues,
    private readonly owned: Owned,
  ) {}

  /** @returns a function that ends this */
  start(changes: StateChanges): () => void {
    return changes.subscribe(({ gateway }) => this.note(gateway.id));
  }

  /** Posts the records of all gateways: nobody has them. */
  postAll(): void {
    for (const { gateway } of this.registry.findOwn()) this.note(gateway.id);
  }

  /** Posts what changes all the time, and the records of gateways whose row has changed. */
  postFigures(): void {
    const own = this.registry.findOwn();
    for (const { gateway } of own) if (this.rows.get(gateway.id) !== gateway) this.note(gateway.id);
    const byShard = groupBy(own, ({ gateway }) => this.owned.shardOf(gateway.id));
    for (const [shard, records] of byShard) {
      const gateways = Object.fromEntries(
        records.flatMap((record) => {
          const epoch = this.owned.epochOf(record.gateway.id);
          return epoch === null ? [] : [[record.gateway.id, [epoch, toWireFigures(record)] as const]];
        }),
      );
      this.values.post(FIGURES + String(shard), {
        by: this.owned.id,
        at: Date.now(),
        gateways,
      } satisfies FiguresMessage);
    }
  }

  /** The gateway is deleted. */
  end(gatewayId: string): void {
    this.changed.delete(gatewayId);
    this.rows.delete(gatewayId);
    this.values.post(gatewayId, null);
  }

  /** Posts the record a moment later: a session goes on changing it after the change of its state, and several changes become one. */
  note(gatewayId: string): void {
    this.changed.add(gatewayId);
    if (this.isArranged) return;
    this.isArranged = true;
    setImmediate(() => {
      this.isArranged = false;
      for (const id of this.changed) this.postOne(id);
      this.changed.clear();
    });
  }

  private postOne(gatewayId: string): void {
    const record = this.registry.find(EVERYWHERE, gatewayId);
    const epoch = this.owned.epochOf(gatewayId);
    if (record && isOwn(record) && epoch !== null) this.values.post(gatewayId, this.messageOf(record, epoch));
    else this.rows.delete(gatewayId); // Given away meanwhile: its new owner tells others.
  }

  private messageOf(record: ObservedRecord, epoch: number): StatusMessage {
    this.rows.set(record.gateway.id, record.gateway);
    return { by: this.owned.id, epoch, at: Date.now(), record: toWireRecord(record) };
  }
}
