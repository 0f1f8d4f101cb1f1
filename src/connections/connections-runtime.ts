import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { Config } from '../config/config';
import { OrganizationNetworks } from '../organizations/organization-networks';
import { WhileHolding } from '../status/while-holding';
import { ConnectionSupervisor } from './connection.supervisor';

/** Starts and ends the sessions of all gateways, and the work that other modules do only while this process holds them. */
@Injectable()
export class ConnectionsRuntime {
  /** Incremented by every start and stop. */
  private turn = 0;

  constructor(
    private readonly supervisor: ConnectionSupervisor,
    private readonly networks: OrganizationNetworks,
    private readonly holding: WhileHolding,
    { env }: Config,
    @InjectPinoLogger(ConnectionsRuntime.name) private readonly logger: PinoLogger,
  ) {
    holding.add({
      load: () => networks.refresh(), // Before the first dial.
      repeated: [{ everyMs: env.RECONCILE_INTERVAL_MS, run: () => this.reconcile() }],
    });
  }

  /** Rejects when the tables cannot be read. */
  async start(): Promise<void> {
    const turn = (this.turn += 1);
    await this.holding.load();
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
    await Promise.all([stopped, this.supervisor.release('all')]);
  }

  private reconcile(): void {
    Promise.all([this.networks.refresh(), this.supervisor.reconcile()]).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'sessions cannot be compared with the tables, keeping them as they are');
    });
  }
}
