import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { GatewaysModule } from '../gateways/gateways.module';
import { AccountBudget } from './account-budget';
import { ConnectionRegistry } from './connection.registry';
import { ConnectionSupervisor } from './connection.supervisor';
import { ConnectionsRuntime } from './connections-runtime';
import { ConnectionTools } from './connection-tools';
import { ConnectionsController } from './connections.controller';
import { ConnectionsService } from './connections.service';
import { ConnectionEvent } from './history/connection-event.entity';
import { ConnectionEventsController } from './history/connection-events.controller';
import { ConnectionEventsRepository } from './history/connection-events.repository';
import { ConnectionEventsService } from './history/connection-events.service';
import { ConnectionHistory } from './history/connection-history';
import { EventRetention } from './history/event-retention';
import { FreezeWatch } from './freeze-watch';
import { LastSeenWriter } from './last-seen.writer';
import { LoginBudget } from './login-budget';
import { SessionHolder } from './session-holder';
import { ConnectionTestsController } from './testing/connection-tests.controller';
import { ConnectionTestsService } from './testing/connection-tests.service';
import { StreamsController } from './stream/streams.controller';
import { StreamsService } from './stream/streams.service';

@Module({
  imports: [GatewaysModule, ScheduleModule.forRoot(), TypeOrmModule.forFeature([ConnectionEvent])],
  controllers: [ConnectionsController, ConnectionTestsController, ConnectionEventsController, StreamsController],
  providers: [
    ConnectionsService,
    ConnectionTestsService,
    ConnectionSupervisor,
    ConnectionsRuntime,
    ConnectionRegistry,
    ConnectionTools,
    FreezeWatch,
    LastSeenWriter,
    LoginBudget,
    AccountBudget,
    ConnectionHistory,
    ConnectionEventsService,
    ConnectionEventsRepository,
    EventRetention,
    SessionHolder,
    StreamsService,
  ],
  exports: [ConnectionsService, SessionHolder],
})
export class ConnectionsModule {}
