import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../http/contract/api-errors';
import type { ApiRequest } from '../http/contract/caller';
import { Operation } from '../http/contract/operation';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import {
  ConnectionPageDto,
  ConnectionQueryDto,
  ConnectionStatusDto,
  toConnectionPageDto,
  toConnectionQuery,
  toConnectionStatusDto,
} from './connection-status.dto';
import { StatusService } from './status.service';

@ApiTags('connections')
@Controller()
export class StatusController {
  constructor(private readonly status: StatusService) {}

  @Get('gateways/:id/status')
  @Operation({
    id: 'getGatewayStatus',
    summary: 'Get the status of a connection',
    description: 'The state as observed on the socket, read from memory: it works while the database is down.',
    permission: 'connections:read',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 503: ['NOT_READY'] })
  @JsonResponse(200, ConnectionStatusDto)
  get(@Req() { actor }: ApiRequest, @Param() { id }: IdParamDto): ConnectionStatusDto {
    return toConnectionStatusDto(this.status.get(actor, id));
  }

  @Get('connections')
  @Operation({
    id: 'listConnections',
    summary: 'List the status of connections',
    description:
      'One page of the fleet, in the order of `sort`, then by id, read from memory: it works while the database is down.',
    permission: 'connections:read',
    limit: 'searches',
  })
  @ApiErrors({ 503: ['NOT_READY'] })
  @JsonResponse(200, ConnectionPageDto)
  list(@Req() { actor }: ApiRequest, @Query() query: ConnectionQueryDto): ConnectionPageDto {
    const request = toConnectionQuery(query);
    return toConnectionPageDto(this.status.findAll(actor, request), request);
  }
}
