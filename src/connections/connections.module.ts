import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { GatewaysModule } from '../gateways/gateways.module';
import { ConnectionRegistry } from './connection.registry';
import { ConnectionSupervisor } from './connection.supervisor';
import { ConnectionTools } from './connection-tools';
import { ConnectionsController } from './connections.controller';
import { ConnectionsService } from './connections.service';
import { LastSeenWriter } from './last-seen.writer';
import { LoginBudget } from './login-budget';
import { SessionHolder } from './session-holder';
import { ConnectionTestsController } from './testing/connection-tests.controller';
import { ConnectionTestsService } from './testing/connection-tests.service';
import { StreamsController } from './stream/streams.controller';
import { StreamsService } from './stream/streams.service';

@Module({
  imports: [GatewaysModule, ScheduleModule.forRoot()],
  controllers: [ConnectionsController, ConnectionTestsController, StreamsController],
  providers: [
    ConnectionsService,
    ConnectionTestsService,
    ConnectionSupervisor,
    ConnectionRegistry,
    ConnectionTools,
    LastSeenWriter,
    LoginBudget,
    SessionHolder,
    StreamsService,
  ],
  exports: [ConnectionsService, SessionHolder],
})
export class ConnectionsModule {}
