import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../http/contract/api-errors';
import type { ApiRequest } from '../http/contract/caller';
import { Operation } from '../http/contract/operation';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import {
  ConnectionEventPageDto,
  ConnectionEventQueryDto,
  toEventPageDto,
  toEventPageRequest,
} from './connection-event.dto';
import { ConnectionEventsService } from './connection-events.service';

@ApiTags('connections')
@Controller('gateways/:id/events')
export class ConnectionEventsController {
  constructor(private readonly events: ConnectionEventsService) {}

  @Get()
  @Operation({
    id: 'listGatewayEvents',
    summary: 'List the state changes of a connection',
    description:
      'Newest first, kept for `EVENT_RETENTION_DAYS`. After ten changes within a minute, the rest of that minute is one event with a ' +
      '`count`. History begins with `disconnected` after a restart; a shutdown is not recorded.',
    permission: 'connections:read',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @JsonResponse(200, ConnectionEventPageDto)
  async list(
    @Req() { actor }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Query() query: ConnectionEventQueryDto,
  ): Promise<ConnectionEventPageDto> {
    const request = toEventPageRequest(query);
    return toEventPageDto(await this.events.findPage(actor, id, request), request);
  }
}
