import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { ConnectionsModule } from '../connections/connections.module';
import { GatewaysModule } from '../gateways/gateways.module';
import { StatusModule } from '../status/status.module';
import { WhileHolding } from '../status/while-holding';
import { ConnectionTestsController } from './connection-tests.controller';
import { ConnectionTestsService } from './connection-tests.service';

@Module({
  imports: [AuditModule, ConnectionsModule, GatewaysModule, StatusModule],
  controllers: [ConnectionTestsController],
  providers: [ConnectionTestsService],
})
export class ConnectionTestsModule {
  constructor(holding: WhileHolding, tests: ConnectionTestsService) {
    // A session cannot end before the test that leases its gateway.
    holding.add({ stop: () => tests.abandonAll(), leave: (isLeft) => tests.leave(isLeft) });
  }
}
