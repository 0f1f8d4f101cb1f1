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
import { AcquisitionOrdersRepository } from './acquisition-orders.repository';
import { AcquisitionRetention } from './acquisition-retention';
import { AcquisitionRunner, TICK_MS } from './acquisition-runner';
import { AcquisitionSender } from './acquisition-sender';
import { AcquisitionsController } from './acquisitions.controller';
import { AcquisitionsRepository } from './acquisitions.repository';
import { AcquisitionsService } from './acquisitions.service';
import { ExpiredAcquisitionsRepository } from './expired-acquisitions.repository';
import { ScheduledOrders } from './scheduled-orders';
import { ScheduledOrdersRepository } from './scheduled-orders.repository';

const CLEAN_UP_MS = 86_400_000;

@Module({
  imports: [
    ...[CatchUpModule, ConnectionsModule, IngestModule, ReadingsModule, StatusModule],
    TypeOrmModule.forFeature([Acquisition]),
  ],
  controllers: [AcquisitionsController],
  providers: [
    ...[AcquisitionAnnouncer, AcquisitionJobs, AcquisitionRetention, AcquisitionRunner, AcquisitionSender],
    ...[AcquisitionOrdersRepository, AcquisitionsRepository, AcquisitionsService, ExpiredAcquisitionsRepository],
    ...[ScheduledOrders, ScheduledOrdersRepository],
  ],
  exports: [AcquisitionJobs, ScheduledOrders],
})
export class AcquisitionsModule {
  constructor(
    holding: WhileHolding,
    jobs: AcquisitionJobs,
    runner: AcquisitionRunner,
    announcer: AcquisitionAnnouncer,
    retention: AcquisitionRetention,
  ) {
    jobs.onChange((id) => announcer.onChange(id));
    holding.add({
      load: (isGained) => runner.load(isGained),
      start: () => runner.start(), // Before the sessions, to hear of every frame.
      leave: (isLeft) => runner.leave(isLeft),
      stop: () => runner.stop(),
      repeated: [
        { everyMs: TICK_MS, run: () => runner.tick() },
        { everyMs: CLEAN_UP_MS, run: () => void retention.cleanUp(), isRunAtStart: true, isForAll: true },
      ],
    });
  }
}
