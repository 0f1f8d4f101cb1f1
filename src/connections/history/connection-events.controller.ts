import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiErrors, ApiRead } from '../../common/api-docs';
import { IdParamDto } from '../../common/id-param.dto';
import { JsonResponse } from '../../common/json-response';
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
  @ApiRead(
    'listGatewayEvents',
    'List the state changes of a connection, newest first',
    'Kept for EVENT_RETENTION_DAYS. After ten changes in a minute, the others of that minute are one event with a count. ' +
      'A service that starts begins with `disconnected`; its end is no event.',
  )
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @JsonResponse(200, ConnectionEventPageDto)
  async list(@Param() { id }: IdParamDto, @Query() query: ConnectionEventQueryDto): Promise<ConnectionEventPageDto> {
    const request = toEventPageRequest(query);
    return toEventPageDto(await this.events.findPage(id, request), request);
  }
}
