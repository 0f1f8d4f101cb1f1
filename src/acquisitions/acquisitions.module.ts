import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConnectionsModule } from '../connections/connections.module';
import { CatchUpModule } from '../readings/catch-up/catch-up.module';
import { IngestModule } from '../readings/ingest/ingest.module';
import { StatusModule } from '../status/status.module';
import { WhileHolding } from '../status/while-holding';
import { Acquisition } from './acquisition.entity';
import { AcquisitionRunner, TICK_MS } from './acquisition-runner';
import { AcquisitionsController } from './acquisitions.controller';
import { AcquisitionsRepository } from './acquisitions.repository';
import { AcquisitionsService } from './acquisitions.service';

@Module({
  imports: [CatchUpModule, ConnectionsModule, IngestModule, StatusModule, TypeOrmModule.forFeature([Acquisition])],
  controllers: [AcquisitionsController],
  providers: [AcquisitionRunner, AcquisitionsRepository, AcquisitionsService],
})
export class AcquisitionsModule {
  constructor(holding: WhileHolding, runner: AcquisitionRunner) {
    holding.add({
      load: () => runner.load(),
      start: () => runner.start(), // Before the sessions, to hear of every frame.
      stop: () => runner.stop(),
      repeated: [{ everyMs: TICK_MS, run: () => runner.tick() }],
    });
  }
}
