import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Sensor } from '../sensors/sensor.entity';
import { StatusModule } from '../status/status.module';
import { WhileHolding } from '../status/while-holding';
import { StreamModule } from '../stream/stream.module';
import { IngestModule } from './ingest/ingest.module';
import { StoredReadings } from './ingest/stored-readings';
import { ReadingsController } from './readings.controller';
import { ReadingsService } from './readings.service';
import { ReadingsStreamController } from './readings-stream.controller';
import { ReadingsStreamService } from './readings-stream.service';
import { SensorReadingsController } from './sensor-readings.controller';
import { PinsRepository } from './storage/pins.repository';
import { ReadingsQueryRepository } from './storage/readings-query.repository';

@Module({
  imports: [IngestModule, StatusModule, StreamModule, TypeOrmModule.forFeature([Sensor])],
  controllers: [SensorReadingsController, ReadingsStreamController, ReadingsController],
  providers: [PinsRepository, ReadingsQueryRepository, ReadingsService, ReadingsStreamService],
  exports: [ReadingsStreamService],
})
export class ReadingsModule {
  constructor(holding: WhileHolding, stored: StoredReadings, streams: ReadingsStreamService) {
    stored.subscribe((reading) => streams.onStored(reading));
    holding.add({ stop: () => streams.endAll() });
  }
}
