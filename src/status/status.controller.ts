import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Reach } from '../common/actor';
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
import { OwnerCalls } from '../routing/owner-calls';
import type { AtOwner } from '../routing/owner-calls';
import { OwnerSilentError } from '../routing/routing.errors';
import { StatusService } from './status.service';

/** How long the owner may take to say what it observes. */
const STATUS_ANSWER_MS = 1000;

@ApiTags('connections')
@Controller()
export class StatusController {
  private readonly statusOf: AtOwner<null, ConnectionStatusDto>;

  constructor(
    private readonly status: StatusService,
    calls: OwnerCalls,
  ) {
    const read = (actor: Reach, gatewayId: string) =>
      Promise.resolve().then(() => toConnectionStatusDto(status.get(actor, gatewayId)));
    this.statusOf = calls.define('getGatewayStatus', read, { withoutOwner: 'here' });
  }

  @Get('gateways/:id/status')
  @Operation({
    id: 'getGatewayStatus',
    summary: 'Get the status of a connection',
    description:
      'The state as observed on the socket, read from memory: it works while the database is down. If another replica observes it, that one is asked.',
    permission: 'connections:read',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 503: ['NOT_READY'] })
  @JsonResponse(200, ConnectionStatusDto)
  async get(@Req() { actor }: ApiRequest, @Param() { id }: IdParamDto): Promise<ConnectionStatusDto> {
    try {
      return await this.statusOf(actor, id, null, STATUS_ANSWER_MS);
    } catch (error) {
      if (!(error instanceof OwnerSilentError)) throw error;
      return toConnectionStatusDto(this.status.get(actor, id)); // As the owner has told it last.
    }
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
