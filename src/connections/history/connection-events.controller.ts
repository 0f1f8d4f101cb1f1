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
    'List the state changes of a connection',
    'Newest first, kept for `EVENT_RETENTION_DAYS`. After ten changes within a minute, the rest of that minute is one event with a ' +
      '`count`. History begins with `disconnected` after a restart; a shutdown is not recorded.',
  )
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @JsonResponse(200, ConnectionEventPageDto)
  async list(@Param() { id }: IdParamDto, @Query() query: ConnectionEventQueryDto): Promise<ConnectionEventPageDto> {
    const request = toEventPageRequest(query);
    return toEventPageDto(await this.events.findPage(id, request), request);
  }
}
