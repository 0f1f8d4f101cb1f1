import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { setTimeout as pause } from 'node:timers/promises';
import { Outage } from '../../database/outage';
import { OnDomainEvent } from '../../events/domain-events';
import { PartitionsRepository } from './partitions.repository';
import { ZoneCorrectionsRepository } from './zone-corrections.repository';

/**
 * Corrects the times of stored readings after the zone of a clock was changed, one gateway after the other, while this process runs the
 * sessions. What is to be done is in the database, so another process goes on where this one ends.
 */
@Injectable()
export class ZoneCorrector {
  private isStarted = false;
  private isAsked = false;
  private running: Promise<void> | null = null;
  private readonly outage = new Outage((error) =>
    this.logger.warn({ err: error }, 'the times of readings cannot be corrected, trying again later'),
  );

  constructor(
    private readonly corrections: ZoneCorrectionsRepository,
    private readonly partitions: PartitionsRepository,
    @InjectPinoLogger(ZoneCorrector.name) private readonly logger: PinoLogger,
  ) {}

  start(): void {
    this.isStarted = true;
  }

  /** Resolves when the transaction under way has ended. */
  async stop(): Promise<void> {
    this.isStarted = false;
    await this.running;
  }

  /** Looks for gateways with readings to be corrected, and corrects them. Does nothing before `start`. */
  run(): void {
    this.isAsked = this.isStarted;
    if (this.isStarted) this.running ??= this.correctAll().finally(() => (this.running = null));
  }

  @OnDomainEvent('gateway.updated')
  onGatewayUpdated(): void {
    this.run();
  }

  @OnDomainEvent('factory.timeZoneChanged')
  onTimeZoneChanged(): void {
    this.run();
  }

  /** Never rejects. */
  private async correctAll(): Promise<void> {
    while (this.isAsked && this.isStarted) {
      this.isAsked = false;
      const gatewayIds = await this.outage.watch(() => this.corrections.findGateways()).catch(() => []);
      for (const gatewayId of gatewayIds) await this.correct(gatewayId).catch(() => undefined);
    }
  }

  private async correct(gatewayId: string): Promise<void> {
    const partitions = await this.outage.watch(() => this.partitions.find());
    while (this.isStarted) {
      const startedAt = performance.now();
      const step = await this.outage.watch(() => this.corrections.advance(gatewayId, partitions));
      if (step === 'done') {
        this.logger.info({ gatewayId }, 'the times of its readings are in the zone of its clock');
        return;
      }
      // At most half of the time: new readings wait while a transaction goes on.
      await pause(performance.now() - startedAt);
    }
  }
}
