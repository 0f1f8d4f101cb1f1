import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConnectionsModule } from '../../connections/connections.module';
import { StatusModule } from '../../status/status.module';
import { WhileHolding } from '../../status/while-holding';
import { IngestModule } from '../ingest/ingest.module';
import { ReadingsStorageModule } from '../storage/readings-storage.module';
import { Backfill } from './backfill.entity';
import { BackfillsRepository } from './backfills.repository';
import { CatchUp, TICK_MS } from './catch-up';
import { CompletenessController } from './completeness.controller';
import { CompletenessRepository } from './completeness.repository';
import { CompletenessService } from './completeness.service';
import { HistoryPages } from './history-pages';
import { HistoryPauses } from './history-pauses';
import { HistoryStatesRepository } from './history-states.repository';

@Module({
  imports: [ConnectionsModule, IngestModule, ReadingsStorageModule, StatusModule, TypeOrmModule.forFeature([Backfill])],
  controllers: [CompletenessController],
  providers: [
    ...[BackfillsRepository, CatchUp, CompletenessRepository, CompletenessService],
    ...[HistoryPages, HistoryPauses, HistoryStatesRepository],
  ],
  exports: [CatchUp, HistoryPauses],
})
export class CatchUpModule {
  constructor(holding: WhileHolding, catchUp: CatchUp) {
    holding.add({
      load: (isGained) => catchUp.load(isGained),
      start: () => catchUp.start(), // Before the sessions, to hear of every login.
      leave: (isLeft) => catchUp.leave(isLeft),
      stop: () => catchUp.stop(),
      repeated: [{ everyMs: TICK_MS, run: () => catchUp.tick() }],
    });
  }
}
