import { Module } from '@nestjs/common';
import { GatewaysModule } from '../gateways/gateways.module';
import { LoginBudgetModule } from '../login-budget/login-budget.module';
import { OrganizationsModule } from '../organizations/organizations.module';
import { OwnershipModule } from '../ownership/ownership.module';
import { StateChanges } from '../status/state-changes';
import { StatusModule } from '../status/status.module';
import { ConnectionSupervisor } from './connection.supervisor';
import { ConnectionTools } from './connection-tools';
import { ConnectionsController } from './connections.controller';
import { ConnectionsRuntime } from './connections-runtime';
import { ConnectionsService } from './connections.service';
import { GatewayCommands } from './gateway-commands';
import { OrderPermission } from './order-permission';
import { GatewayInbox } from './session/gateway-inbox';
import { SessionFigures } from './session/session-figures';
import { logStateChange } from './state-change-line';

@Module({
  imports: [GatewaysModule, LoginBudgetModule, OrganizationsModule, OwnershipModule, StatusModule],
  controllers: [ConnectionsController],
  providers: [
    ConnectionsService,
    ConnectionSupervisor,
    ConnectionsRuntime,
    ConnectionTools,
    GatewayCommands,
    GatewayInbox,
    OrderPermission,
    SessionFigures,
  ],
  exports: [ConnectionSupervisor, ConnectionTools, GatewayCommands, GatewayInbox, OrderPermission, SessionFigures],
})
export class ConnectionsModule {
  constructor(changes: StateChanges, { logger }: ConnectionTools) {
    changes.subscribe((change) => logStateChange(logger, change));
  }
}
