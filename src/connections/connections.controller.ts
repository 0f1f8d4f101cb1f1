import { Controller, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { Operation } from '../http/contract/operation';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { ConnectionStatusDto, toConnectionStatusDto } from '../status/connection-status.dto';
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
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 429: ['ACCOUNT_BUDGET_SPENT'], 503: ['NOT_READY'] })
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
}
