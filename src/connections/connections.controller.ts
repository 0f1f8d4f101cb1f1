import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiErrors, ApiRead } from '../common/api-docs';
import { IdParamDto } from '../common/id-param.dto';
import { JsonResponse } from '../common/json-response';
import {
  ConnectionPageDto,
  ConnectionQueryDto,
  ConnectionStatusDto,
  toConnectionPageDto,
  toConnectionQuery,
  toConnectionStatusDto,
} from './connection-status.dto';
import { ConnectionsService } from './connections.service';

@ApiTags('connections')
@Controller()
export class ConnectionsController {
  constructor(private readonly connections: ConnectionsService) {}

  @Get('gateways/:id/status')
  @ApiRead(
    'getGatewayStatus',
    'Get the status of a connection',
    'The state as observed on the socket, read from memory: it works while the database is down.',
  )
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 503: ['NOT_READY'] })
  @JsonResponse(200, ConnectionStatusDto)
  status(@Param() { id }: IdParamDto): ConnectionStatusDto {
    return toConnectionStatusDto(this.connections.get(id));
  }

  @Post('gateways/:id/connect')
  @ApiRead(
    'connectGateway',
    'Connect a gateway',
    'Stores the desired state `connected` and returns the status without waiting for the connection. Ends a back-off: the service ' +
      'dials at once. After a refused login it allows one more attempt. Idempotent.',
  )
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 429: ['ACCOUNT_BUDGET_SPENT'], 503: ['NOT_READY'] })
  @JsonResponse(202, ConnectionStatusDto)
  async connect(@Param() { id }: IdParamDto): Promise<ConnectionStatusDto> {
    return toConnectionStatusDto(await this.connections.connect(id));
  }

  @Post('gateways/:id/disconnect')
  @ApiRead(
    'disconnectGateway',
    'Disconnect a gateway',
    'Stores the desired state `disconnected` and closes the connection. The gateway stays disconnected, also after a restart of ' +
      'the service, until you connect it. Idempotent.',
  )
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 503: ['NOT_READY'] })
  @JsonResponse(202, ConnectionStatusDto)
  async disconnect(@Param() { id }: IdParamDto): Promise<ConnectionStatusDto> {
    return toConnectionStatusDto(await this.connections.disconnect(id));
  }

  @Get('connections')
  @ApiRead(
    'listConnections',
    'List the status of connections',
    'One page of the fleet, ordered by name, then id, read from memory: it works while the database is down.',
  )
  @ApiErrors({ 503: ['NOT_READY'] })
  @JsonResponse(200, ConnectionPageDto)
  list(@Query() query: ConnectionQueryDto): ConnectionPageDto {
    const request = toConnectionQuery(query);
    return toConnectionPageDto(this.connections.findAll(request), request);
  }
}
