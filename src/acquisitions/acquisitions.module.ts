import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConnectionsModule } from '../connections/connections.module';
import { CatchUpModule } from '../readings/catch-up/catch-up.module';
import { ReadingsModule } from '../readings/readings.module';
import { IngestModule } from '../readings/ingest/ingest.module';
import { StatusModule } from '../status/status.module';
import { WhileHolding } from '../status/while-holding';
import { Acquisition } from './acquisition.entity';
import { AcquisitionAnnouncer } from './acquisition-announcer';
import { AcquisitionJobs } from './acquisition-jobs';
import { AcquisitionRunner, TICK_MS } from './acquisition-runner';
import { AcquisitionSender } from './acquisition-sender';
import { AcquisitionsController } from './acquisitions.controller';
import { AcquisitionsRepository } from './acquisitions.repository';
import { AcquisitionsService } from './acquisitions.service';
import { ScheduledOrders } from './scheduled-orders';
import { ScheduledOrdersRepository } from './scheduled-orders.repository';

@Module({
  imports: [
    ...[CatchUpModule, ConnectionsModule, IngestModule, ReadingsModule, StatusModule],
    TypeOrmModule.forFeature([Acquisition]),
  ],
  controllers: [AcquisitionsController],
  providers: [
    ...[AcquisitionAnnouncer, AcquisitionJobs, AcquisitionRunner, AcquisitionSender],
    ...[AcquisitionsRepository, AcquisitionsService, ScheduledOrders, ScheduledOrdersRepository],
  ],
  exports: [AcquisitionJobs, ScheduledOrders],
})
export class AcquisitionsModule {
  constructor(
    holding: WhileHolding,
    jobs: AcquisitionJobs,
    runner: AcquisitionRunner,
    announcer: AcquisitionAnnouncer,
  ) {
    jobs.onChange((id) => announcer.onChange(id));
    holding.add({
      load: () => runner.load(),
      start: () => runner.start(), // Before the sessions, to hear of every frame.
      stop: () => runner.stop(),
      repeated: [{ everyMs: TICK_MS, run: () => runner.tick() }],
    });
  }
}
