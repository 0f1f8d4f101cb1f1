import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { GatewaysModule } from '../gateways/gateways.module';
import { OwnershipModule } from '../ownership/ownership.module';
import { Readiness } from '../status/readiness';
import { StatusModule } from '../status/status.module';
import { FLUSH_MS, WhileHolding } from '../status/while-holding';
import { ConnectionEvent } from './connection-event.entity';
import { ConnectionEventsController } from './connection-events.controller';
import { ConnectionEventsRepository } from './connection-events.repository';
import { ConnectionEventsService } from './connection-events.service';
import { ConnectionHistory } from './connection-history';
import { ConnectionTimelineController } from './connection-timeline.controller';
import { ConnectionTimelineRepository } from './connection-timeline.repository';
import { EventRetention } from './event-retention';

const CLEAN_UP_MS = 3_600_000;

@Module({
  imports: [GatewaysModule, OwnershipModule, StatusModule, TypeOrmModule.forFeature([ConnectionEvent])],
  controllers: [ConnectionEventsController, ConnectionTimelineController],
  providers: [
    ...[ConnectionHistory, ConnectionEventsService, ConnectionEventsRepository, ConnectionTimelineRepository],
    EventRetention,
  ],
  exports: [ConnectionHistory],
})
export class HistoryModule {
  constructor(holding: WhileHolding, history: ConnectionHistory, retention: EventRetention, readiness: Readiness) {
    holding.add({
      load: () => history.resumeFromTable(),
      start: () => history.start(), // Before the sessions, to receive every state change.
      leave: (isLeft) => history.leave(isLeft),
      flush: () => history.flushLast(),
      stop: () => history.stop(), // Before they end, which is not recorded: `disconnected` means an operator's order.
      repeated: [
        { everyMs: FLUSH_MS, run: () => void history.flush() },
        {
          ...{ everyMs: CLEAN_UP_MS, isRunAtStart: true, isForAll: true },
          run: () => void retention.cleanUp(() => readiness.isReady && holding.isForAll),
        },
      ],
    });
  }
}
