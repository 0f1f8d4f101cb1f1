import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { timeOf } from '../common/clock';
import { GatewaysService } from '../gateways/gateways.service';
import { ConnectionRegistry } from './connection.registry';

const ROWS_PER_STATEMENT = 5000;

/** Stores when gateways were last seen: many in one statement, and never while a message is handled. */
@Injectable()
export class LastSeenWriter {
  /** Ids of gateways whose time must be written. The time itself is read from the registry, as late as possible. */
  private readonly noted = new Set<string>();
  /** The wall-clock time of a fixed moment. It changes only when the clock is changed. */
  private clock = timeOf(0).getTime();
  private writing: Promise<void> | null = null;
  private isFailing = false;

  constructor(
    private readonly gateways: GatewaysService,
    private readonly registry: ConnectionRegistry,
    @InjectPinoLogger(LastSeenWriter.name) private readonly logger: PinoLogger,
  ) {}

  note(gatewayId: string): void {
    this.noted.add(gatewayId);
  }

  /** Queues all connected gateways; after a clock change, every gateway ever seen, as its stored time may be wrong. */
  noteConnected(): void {
    const clock = timeOf(0).getTime();
    const gateways = clock === this.clock ? this.registry.findConnected() : this.registry.findSeen();
    this.clock = clock;
    for (const { gateway } of gateways) this.noted.add(gateway.id);
  }

  /** Writes what was noted. Never rejects; what cannot be written stays noted. */
  flush(): Promise<void> {
    this.writing ??= this.write().finally(() => (this.writing = null));
    return this.writing;
  }

  private async write(): Promise<void> {
    const ids = [...this.noted];
    for (let start = 0; start < ids.length; start += ROWS_PER_STATEMENT) {
      if (!(await this.writeSome(ids.slice(start, start + ROWS_PER_STATEMENT)))) return;
    }
  }

  private async writeSome(ids: string[]): Promise<boolean> {
    const sightings = ids.flatMap((gatewayId) => {
      this.noted.delete(gatewayId); // Deleted now, so that a note made during the write is kept for the next one.
      const at = this.registry.find(gatewayId)?.lastSeenAt ?? null;
      return at === null ? [] : [{ gatewayId, at: timeOf(at) }]; // Deleted meanwhile.
    });
    if (sightings.length === 0) return true;
    try {
      const written = new Set(await this.gateways.recordSightings(sightings));
      for (const { gatewayId } of sightings) if (!written.has(gatewayId)) this.noted.add(gatewayId);
      this.isFailing = false;
      return true;
    } catch (error) {
      for (const { gatewayId } of sightings) this.noted.add(gatewayId);
      if (!this.isFailing) this.logger.warn({ err: error }, 'last seen times cannot be stored, keeping them');
      this.isFailing = true;
      return false;
    }
  }
}
