import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Sensor } from '../sensors/sensor.entity';
import { SensorsModule } from '../sensors/sensors.module';
import { SeverityModule } from '../severity/severity.module';
import { StatusModule } from '../status/status.module';
import { WhileHolding } from '../status/while-holding';
import { StreamModule } from '../stream/stream.module';
import { DrawingsController } from './drawings.controller';
import { IngestModule } from './ingest/ingest.module';
import { StoredReadings } from './ingest/stored-readings';
import { ReadingsController } from './readings.controller';
import { ReadingsService } from './readings.service';
import { ReadingsStreamController } from './readings-stream.controller';
import { ReadingsStreamService } from './readings-stream.service';
import { SensorReadingsController } from './sensor-readings.controller';
import { SpectraController } from './spectra.controller';
import { SpectraService } from './spectra.service';
import { PinsRepository } from './storage/pins.repository';
import { ReadingsQueryRepository } from './storage/readings-query.repository';
import { WaveformsRepository } from './storage/waveforms.repository';
import { WaveformsService } from './waveforms.service';

@Module({
  imports: [
    IngestModule,
    SensorsModule,
    SeverityModule,
    StatusModule,
    StreamModule,
    TypeOrmModule.forFeature([Sensor]),
  ],
  controllers: [
    SensorReadingsController,
    DrawingsController,
    ReadingsStreamController,
    ReadingsController,
    SpectraController,
  ],
  providers: [
    ...[PinsRepository, ReadingsQueryRepository, WaveformsRepository],
    ...[ReadingsService, ReadingsStreamService, SpectraService, WaveformsService],
  ],
  exports: [ReadingsStreamService],
})
export class ReadingsModule {
  constructor(holding: WhileHolding, stored: StoredReadings, streams: ReadingsStreamService) {
    stored.subscribe((reading) => streams.onStored(reading));
    holding.add({ stop: () => streams.endAll() });
  }
}
