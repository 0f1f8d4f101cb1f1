import { Module } from '@nestjs/common';
import { GatewaysModule } from '../gateways/gateways.module';
import { LoginBudgetModule } from '../login-budget/login-budget.module';
import { OrganizationsModule } from '../organizations/organizations.module';
import { StateChanges } from '../status/state-changes';
import { StatusModule } from '../status/status.module';
import { ConnectionSupervisor } from './connection.supervisor';
import { ConnectionTools } from './connection-tools';
import { ConnectionsController } from './connections.controller';
import { ConnectionsRuntime } from './connections-runtime';
import { ConnectionsService } from './connections.service';
import { FreezeWatch } from './freeze-watch';
import { GatewayCommands } from './gateway-commands';
import { GatewayInbox } from './session/gateway-inbox';
import { SessionFigures } from './session/session-figures';
import { SessionLockHolder } from './session-lock-holder';
import { logStateChange } from './state-change-line';

@Module({
  imports: [GatewaysModule, LoginBudgetModule, OrganizationsModule, StatusModule],
  controllers: [ConnectionsController],
  providers: [
    ConnectionsService,
    ConnectionSupervisor,
    ConnectionsRuntime,
    ConnectionTools,
    FreezeWatch,
    GatewayCommands,
    GatewayInbox,
    SessionFigures,
    SessionLockHolder,
  ],
  exports: [ConnectionSupervisor, ConnectionTools, GatewayCommands, GatewayInbox, SessionFigures, SessionLockHolder],
})
export class ConnectionsModule {
  constructor(changes: StateChanges, { logger }: ConnectionTools) {
    changes.subscribe((change) => logStateChange(logger, change));
  }
}
