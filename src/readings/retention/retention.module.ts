import { Module } from '@nestjs/common';
import { StatusModule } from '../../status/status.module';
import { WhileHolding } from '../../status/while-holding';
import { ReadingsStorageModule } from '../storage/readings-storage.module';
import { Retention } from './retention';
import { RetentionConnections } from './retention-connection';
import { RetentionRepository } from './retention.repository';

/** Also how soon a full disk budget is noticed. */
const CLEAN_UP_MS = 15 * 60_000;

@Module({
  imports: [ReadingsStorageModule, StatusModule],
  providers: [Retention, RetentionConnections, RetentionRepository],
  exports: [Retention],
})
export class RetentionModule {
  constructor(holding: WhileHolding, retention: Retention) {
    holding.add({
      start: () => retention.start(),
      stop: () => retention.stop(),
      repeated: [{ everyMs: CLEAN_UP_MS, run: () => void retention.run(), isRunAtStart: true, isForAll: true }],
    });
  }
}
