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
  @ApiRead('getGatewayStatus', 'Get the state of a connection', 'Observed, never guessed; needs no database.')
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 503: ['NOT_READY'] })
  @JsonResponse(200, ConnectionStatusDto)
  status(@Param() { id }: IdParamDto): ConnectionStatusDto {
    return toConnectionStatusDto(this.connections.get(id));
  }

  @Post('gateways/:id/connect')
  @ApiRead('connectGateway', 'Connect a gateway', 'Stores the wish. During a back-off it dials at once. Idempotent.')
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 429: ['ACCOUNT_BUDGET_SPENT'], 503: ['NOT_READY'] })
  @JsonResponse(202, ConnectionStatusDto)
  async connect(@Param() { id }: IdParamDto): Promise<ConnectionStatusDto> {
    return toConnectionStatusDto(await this.connections.connect(id));
  }

  @Post('gateways/:id/disconnect')
  @ApiRead(
    'disconnectGateway',
    'Disconnect a gateway',
    'Stores the wish: it stays disconnected after a restart. Idempotent.',
  )
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 503: ['NOT_READY'] })
  @JsonResponse(202, ConnectionStatusDto)
  async disconnect(@Param() { id }: IdParamDto): Promise<ConnectionStatusDto> {
    return toConnectionStatusDto(await this.connections.disconnect(id));
  }

  @Get('connections')
  @ApiRead(
    'listConnections',
    'List the states of all connections, by name',
    'The whole fleet in one call; needs no database.',
  )
  @ApiErrors({ 503: ['NOT_READY'] })
  @JsonResponse(200, ConnectionPageDto)
  list(@Query() query: ConnectionQueryDto): ConnectionPageDto {
    return toConnectionPageDto(this.connections.findAll(toConnectionQuery(query)), query);
  }
}
