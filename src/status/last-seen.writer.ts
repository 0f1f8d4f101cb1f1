import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { EVERYWHERE } from '../common/actor';
import { timeOf } from '../common/clock';
import { Outage } from '../database/outage';
import { WriteBehind } from '../database/write-behind';
import { GatewaysService } from '../gateways/gateways.service';
import { ConnectionRegistry } from './connection.registry';

const ROWS_PER_STATEMENT = 5000;

/** Stores when gateways were last seen: many in one statement, and never while a message is handled. */
@Injectable()
export class LastSeenWriter {
  /** Gateways whose time must be written, by id. The time itself is read from the registry, as late as possible. */
  private readonly noted = new WriteBehind<string, true>({
    batchSize: ROWS_PER_STATEMENT,
    merge: () => true,
    store: (batch) => this.store([...batch.keys()]),
    outage: new Outage((error) => this.logger.warn({ err: error }, 'last seen times cannot be stored, keeping them')),
  });
  /** The wall-clock time of a fixed moment. It changes only when the clock is changed. */
  private clock = timeOf(0).getTime();

  constructor(
    private readonly gateways: GatewaysService,
    private readonly registry: ConnectionRegistry,
    @InjectPinoLogger(LastSeenWriter.name) private readonly logger: PinoLogger,
  ) {}

  note(gatewayId: string): void {
    this.noted.note(gatewayId, true);
  }

  /** Queues all connected gateways; after a clock change, every gateway ever seen, as its stored time may be wrong. */
  noteConnected(): void {
    const clock = timeOf(0).getTime();
    const gateways = clock === this.clock ? this.registry.findConnected() : this.registry.findSeen();
    this.clock = clock;
    for (const { gateway } of gateways) this.note(gateway.id);
  }

  /** Writes what was noted before the call. Never rejects; what cannot be written stays noted. */
  flush(): Promise<void> {
    return this.noted.flush();
  }

  /** @returns the ids that were not written */
  private async store(ids: readonly string[]): Promise<string[]> {
    const sightings = ids.flatMap((gatewayId) => {
      const at = this.registry.find(EVERYWHERE, gatewayId)?.lastSeenAt ?? null;
      return at === null ? [] : [{ gatewayId, at: timeOf(at) }]; // Deleted meanwhile.
    });
    if (sightings.length === 0) return [];
    const written = new Set(await this.gateways.recordSightings(sightings));
    return sightings.map(({ gatewayId }) => gatewayId).filter((id) => !written.has(id));
  }
}
