import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { EVERYWHERE } from '../common/actor';
import { ReadingsStreamService } from '../readings/readings-stream.service';
import { ConnectionRegistry } from '../status/connection.registry';
import { toAcquisitionDto } from './acquisition.dto';
import { AcquisitionsService } from './acquisitions.service';
import { AcquisitionsRepository } from './acquisitions.repository';

/** Tells readers of the stream of readings how far acquisitions are. */
@Injectable()
export class AcquisitionAnnouncer {
  /** Ids that are still to be announced. Two changes in quick succession are one event. */
  private readonly changed = new Set<string>();
  private isAnnouncing = false;

  constructor(
    private readonly acquisitions: AcquisitionsRepository,
    private readonly service: AcquisitionsService,
    private readonly streams: ReadingsStreamService,
    private readonly registry: ConnectionRegistry,
    @InjectPinoLogger(AcquisitionAnnouncer.name) private readonly logger: PinoLogger,
  ) {}

  /** Call when a change is stored. */
  onChange(id: string): void {
    this.changed.add(id);
    if (!this.isAnnouncing) void this.announceAll();
  }

  /** One after the other, so that the events of an acquisition are in order. Never rejects. */
  private async announceAll(): Promise<void> {
    this.isAnnouncing = true;
    for (const id of this.changed) {
      this.changed.delete(id);
      await this.announce(id).catch((error: unknown) => {
        this.logger.debug({ err: error, acquisitionId: id }, 'an acquisition could not be announced');
      });
    }
    this.isAnnouncing = false;
  }

  private async announce(id: string): Promise<void> {
    const row = await this.acquisitions.findById(EVERYWHERE, id);
    const gateway = row && this.registry.find(EVERYWHERE, row.gatewayId)?.gateway;
    if (!gateway) return;
    const { organizationId, factoryId } = gateway;
    const { kind, gatewayId, sensorId } = row;
    const data = JSON.stringify(toAcquisitionDto(this.service.present(row)));
    this.streams.announce({
      event: 'acquisition',
      data,
      kind,
      gatewayId,
      owner: { organizationId, factoryId, sensorId },
    });
  }
}
