import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReplicaBus } from '../bus/replica-bus';
import { EVERYWHERE } from '../common/actor';
import { Config } from '../config/config';
import type { PublicGateway } from '../events/domain-events';
import { GatewaysService } from '../gateways/gateways.service';
import { Ownership } from '../ownership/ownership';
import { shardOf } from '../ownership/shard';
import type { ConnectionRecord } from '../status/connection-record';
import { ConnectionRegistry } from '../status/connection.registry';
import { Readiness } from '../status/readiness';
import { StateChanges } from '../status/state-changes';
import { StreamsService } from '../stream/streams.service';
import { SharedFleet } from './shared-fleet';
import { UntoldDeletions } from './untold-deletions';

const READ_AGAIN_MS = 1000;
/** How often it is looked whether owners still live that could not be told of deletions. */
const LOOK_MS = 1000;
/** A live owner has found a deletion after this many comparisons with the table, plus this time. A dead owner still looks alive for 3 s. */
const LOOKS_TO_FIND = 2;
const SEEMS_TO_LIVE_MS = 10_000;
const ROWS_PER_READ = 1000;
/** How long a start waits for what other replicas have told. Without it, their gateways are `unknown`. */
const TOLD_WITHIN_MS = 3000;

/** Shows the gateways of all replicas in the registry of this one. Does nothing in a service that is alone. */
@Injectable()
export class FleetRuntime implements OnModuleInit, OnModuleDestroy, BeforeApplicationShutdown {
  /** Null in a service that is alone. */
  readonly fleet: SharedFleet | null;
  private readonly untold: UntoldDeletions;
  private timers: NodeJS.Timeout[] = [];
  private readonly leaving = new AbortController();

  constructor(
    private readonly config: Config,
    bus: ReplicaBus,
    private readonly ownership: Ownership,
    private readonly gateways: GatewaysService,
    private readonly registry: ConnectionRegistry,
    changes: StateChanges,
    private readonly readiness: Readiness,
    private readonly streams: StreamsService,
    @InjectPinoLogger(FleetRuntime.name) private readonly logger: PinoLogger,
  ) {
    const foundWithinMs = LOOKS_TO_FIND * config.env.RECONCILE_INTERVAL_MS + SEEMS_TO_LIVE_MS;
    this.untold = new UntoldDeletions(
      (id) => ownership.ownerOf(id),
      foundWithinMs,
      (last) => this.tellDeletion(last),
    );
    if (!bus.isShared) {
      this.fleet = null;
      return;
    }
    readiness.knowsFleet = false;
    const owned = { id: ownership.self.id, epochOf: (id: string) => ownership.epochOf(id), shardOf };
    this.fleet = new SharedFleet(bus, registry, changes, owned, {
      onUnannounced: () => streams.stream.resetReaders(),
      onDeleted: (id) => this.untold.settle(id),
    });
  }

  /** Before the bus starts. */
  onModuleInit(): void {
    const { fleet, registry, ownership } = this;
    if (!fleet) return;
    fleet.start();
    registry.onLeft((last) => fleet.followed.letGo(last, ownership.latestEpochOf(last.gateway.id) ?? 0));
    registry.subscribe(({ what, gateway }) => {
      if (what === 'deleted') fleet.end(gateway.id);
      else fleet.note(gateway.id);
    });
    void this.begin(fleet);
  }

  /** From now on, load balancers send nothing here. */
  onModuleDestroy(): void {
    this.leaving.abort();
    for (const timer of this.timers) clearInterval(timer);
    if (this.fleet) this.readiness.knowsFleet = false;
  }

  /** After the shards were given back. */
  beforeApplicationShutdown(): void {
    this.fleet?.stop();
  }

  /** The row of a gateway of another replica has changed. */
  describe(gateway: PublicGateway): void {
    this.fleet?.followed.describeOne(gateway);
  }

  /**
   * A gateway that this replica does not own was deleted here.
   * @param tell tells its owner, and resolves with whether it has heard of it, and so tells others
   */
  async forget(gatewayId: string, tell: () => Promise<boolean>): Promise<void> {
    const last = this.registry.find(EVERYWHERE, gatewayId); // Before it is missed in the table.
    const isTold = await tell();
    this.fleet?.followed.forget(gatewayId);
    if (last && !isTold) this.untold.add(last);
  }

  private async begin(fleet: SharedFleet): Promise<void> {
    await this.readAtLast(fleet);
    await Promise.race([fleet.followed.replayed, sleep(TOLD_WITHIN_MS, undefined, { ref: false })]);
    if (this.leaving.signal.aborted) return;
    this.readiness.knowsFleet = true;
    this.timers = [
      setInterval(() => void this.tryToRead(fleet), this.config.env.RECONCILE_INTERVAL_MS),
      setInterval(() => this.untold.look(), LOOK_MS),
    ];
  }

  /** In the place of an owner. */
  private tellDeletion(last: ConnectionRecord): void {
    this.streams.tellEnd(last);
    this.registry.announceDeletion(last.gateway);
  }

  private async readAtLast(fleet: SharedFleet): Promise<void> {
    while (!this.leaving.signal.aborted && !(await this.tryToRead(fleet))) {
      await sleep(READ_AGAIN_MS, undefined, { ref: false });
    }
  }

  /** @returns whether the tables could be read */
  private async tryToRead(fleet: SharedFleet): Promise<boolean> {
    try {
      await this.read(fleet);
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, 'the gateways of all replicas cannot be read, keeping those that are known');
      return false;
    }
  }

  /** Rows that are known already are not read again: their owner tells of changes. */
  private async read(fleet: SharedFleet): Promise<void> {
    const known = [...this.registry.all()].map(({ gateway }) => gateway.id);
    const ids = new Set((await this.gateways.findRevisions(EVERYWHERE)).map(({ id }) => id));
    for (const id of known) if (!ids.has(id)) fleet.followed.forget(id);
    const missing = [...ids].filter((id) => !this.registry.has(id));
    for (let start = 0; start < missing.length; start += ROWS_PER_READ) {
      const targets = await this.gateways.findConnectionTargets(
        EVERYWHERE,
        missing.slice(start, start + ROWS_PER_READ),
      );
      fleet.followed.describe(targets.map(({ gateway }) => gateway));
    }
  }
}
