import { Body, Controller, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { Operation } from '../http/contract/operation';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { ConnectionStatusDto, toConnectionStatusDto } from '../status/connection-status.dto';
import { BulkOrderDto, BulkOrderResultDto, MAX_ORDERED, toBulkOrderResultDto } from './bulk-order.dto';
import { ConnectionsService } from './connections.service';

@ApiTags('connections')
@Controller()
export class ConnectionsController {
  constructor(private readonly connections: ConnectionsService) {}

  @Post('gateways/:id/connect')
  @Operation({
    id: 'connectGateway',
    summary: 'Connect a gateway',
    description:
      'Stores the desired state `connected` and returns the status without waiting for the connection. Ends a back-off: the service ' +
      'dials at once. After a refused login it allows one more attempt. Idempotent.',
    permission: 'connections:order',
    limit: 'orders',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 429: ['ACCOUNT_BUDGET_SPENT'], 503: ['NOT_READY', 'OWNERSHIP_UNCERTAIN'] })
  @JsonResponse(202, ConnectionStatusDto)
  async connect(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<ConnectionStatusDto> {
    return toConnectionStatusDto(await this.connections.connect(callerOf(request), id));
  }

  @Post('gateways/:id/disconnect')
  @Operation({
    id: 'disconnectGateway',
    summary: 'Disconnect a gateway',
    description:
      'Stores the desired state `disconnected` and closes the connection. The gateway stays disconnected, also after a restart of ' +
      'the service, until you connect it. Idempotent.',
    permission: 'connections:order',
    limit: 'orders',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 503: ['NOT_READY'] })
  @JsonResponse(202, ConnectionStatusDto)
  async disconnect(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<ConnectionStatusDto> {
    return toConnectionStatusDto(await this.connections.disconnect(callerOf(request), id));
  }

  @Post('connections/actions')
  @Operation({
    id: 'orderConnections',
    summary: 'Connect or disconnect many gateways',
    description:
      `Like \`connect\` or \`disconnect\` for up to ${MAX_ORDERED} gateways: stores all desired states in one step, and returns without ` +
      'waiting for connections, which are begun at the rate of `CONNECT_RATE_PER_SECOND`. The response says of each gateway whether the order was ' +
      'accepted; one that is refused does not stop the others. Idempotent.',
    permission: 'connections:order',
    limit: 'bulk orders',
  })
  @ApiErrors({ 503: ['NOT_READY'] })
  @JsonResponse(202, BulkOrderResultDto)
  async order(@Req() request: ApiRequest, @Body() { action, ids }: BulkOrderDto): Promise<BulkOrderResultDto> {
    const actor = callerOf(request);
    const unique = [...new Set(ids)];
    const refusals = await (action === 'connect'
      ? this.connections.connectMany(actor, unique)
      : this.connections.disconnectMany(actor, unique));
    return toBulkOrderResultDto(unique, refusals);
  }
}
