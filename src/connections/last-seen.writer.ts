import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { GatewaysService } from '../gateways/gateways.service';
import { ConnectionRegistry } from './connection.registry';

const ROWS_PER_STATEMENT = 5000;

/** Stores when gateways were last seen: many in one statement, and never on the path of a message. */
@Injectable()
export class LastSeenWriter {
  /** Whose time is to be written. The time itself is read from the registry, as late as possible. */
  private readonly noted = new Set<string>();
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

  noteConnected(): void {
    for (const { gateway } of this.registry.findConnected()) this.noted.add(gateway.id);
  }

  /** Writes what was noted. What cannot be written now stays noted; it never rejects. */
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
      this.noted.delete(gatewayId); // Now, so that what is noted during the write is written by the next.
      const atMs = this.registry.find(gatewayId)?.lastSeenAtMs ?? null;
      return atMs === null ? [] : [{ gatewayId, at: new Date(atMs) }]; // None: deleted since.
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
