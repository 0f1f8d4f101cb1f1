import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { ReplicaBus } from '../bus/replica-bus';
import { Config } from '../config/config';
import { OrganizationNetworks } from '../organizations/organization-networks';
import { Ownership } from '../ownership/ownership';
import { WhileHolding } from '../status/while-holding';
import { ConnectionSupervisor } from './connection.supervisor';
import { SessionsByShard } from './sessions-by-shard';

const CLEAN_UP_MS = 3_600_000;

/** How long a replica that ends waits for what gateways are sending or measuring: the next owner would have to ask for it again. */
const FINISH_MS = 10_000;

/** Starts and ends the sessions of the gateways that this process owns, and the work that other modules do only while it owns them. */
@Injectable()
export class ConnectionsRuntime implements OnApplicationBootstrap, OnModuleDestroy {
  /** Incremented by every start and stop. */
  private turn = 0;

  constructor(
    private readonly bus: ReplicaBus,
    private readonly ownership: Ownership,
    private readonly supervisor: ConnectionSupervisor,
    private readonly networks: OrganizationNetworks,
    private readonly holding: WhileHolding,
    config: Config,
    @InjectPinoLogger(ConnectionsRuntime.name) private readonly logger: PinoLogger,
  ) {
    holding.add({
      load: () => networks.refresh(), // Before the first dial.
      repeated: [
        { everyMs: config.reconcileIntervalMs, run: () => this.reconcile() },
        { everyMs: CLEAN_UP_MS, run: () => void ownership.cleanUp(), isRunAtStart: true, isForAll: true },
      ],
    });
    const parts = new SessionsByShard(supervisor, holding, logger);
    ownership.onGained((shards) => (shards === 'all' ? this.start() : parts.gain(shards)));
    ownership.onGiven((shards) => (shards === 'all' ? this.stop() : parts.give(shards)));
    ownership.onLost((shards) => (shards === 'all' ? this.stop() : parts.lose(shards)));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.bus.start();
    await this.ownership.start();
  }

  async onModuleDestroy(): Promise<void> {
    const { isShared } = this.ownership;
    if (isShared) await this.supervisor.whenIdle(FINISH_MS);
    await this.ownership.drain();
    if (isShared) await this.stop(); // A sole service has given everything back, and is stopped.
  }

  /** Rejects when the tables cannot be read. */
  async start(): Promise<void> {
    const turn = (this.turn += 1);
    await this.holding.load(() => true);
    if (turn !== this.turn) return; // Stopped meanwhile.
    this.holding.start();
    await this.supervisor.assign('all');
    if (turn === this.turn) this.holding.repeat();
  }

  /** Ends every session and stores what can be stored in time. Resolves when no socket is left. */
  async stop(): Promise<void> {
    this.turn += 1;
    // Streams and history first: sessions are about to become `disconnected`, which must not look like an operator's order.
    const stopped = this.holding.stop();
    await Promise.all([stopped, this.supervisor.release()]);
  }

  private reconcile(): void {
    Promise.all([this.networks.refresh(), this.supervisor.reconcile()]).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'sessions cannot be compared with the tables, keeping them as they are');
    });
  }
}
