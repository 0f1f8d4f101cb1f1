import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Config } from '../config/config';
import { GatewaysModule } from '../gateways/gateways.module';
import { Assignment } from './assignment';
import { ConnectionRegistry } from './connection.registry';
import { LastSeenWriter } from './last-seen.writer';
import { Readiness } from './readiness';
import { StateChanges } from './state-changes';
import { StatusController } from './status.controller';
import { StatusService } from './status.service';
import { FLUSH_MS, WhileHolding } from './while-holding';

@Module({
  imports: [GatewaysModule, ScheduleModule.forRoot()],
  controllers: [StatusController],
  providers: [Assignment, ConnectionRegistry, LastSeenWriter, Readiness, StateChanges, StatusService, WhileHolding],
  exports: [Assignment, ConnectionRegistry, LastSeenWriter, Readiness, StateChanges, StatusService, WhileHolding],
})
export class StatusModule {
  constructor(holding: WhileHolding, lastSeen: LastSeenWriter, { env }: Config) {
    holding.add({
      repeated: [
        { everyMs: env.LAST_SEEN_INTERVAL_MS, run: () => lastSeen.noteConnected() },
        { everyMs: FLUSH_MS, run: () => void lastSeen.flush() },
      ],
    });
  }
}
