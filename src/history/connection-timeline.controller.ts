import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../http/contract/api-errors';
import type { ApiRequest } from '../http/contract/caller';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { ConnectionEventsService } from './connection-events.service';
import { ConnectionTimelineDto, ConnectionTimelineQueryDto, toTimelineDto } from './connection-timeline.dto';

@ApiTags('connections')
@Controller('gateways/:id/timeline')
export class ConnectionTimelineController {
  constructor(private readonly events: ConnectionEventsService) {}

  @Get()
  @Operation({
    id: 'getGatewayTimeline',
    summary: 'Get in which states a connection was',
    description:
      'The last `hours` in `parts` of the same length, earliest first. The seconds of a part add up to its length, except before the first ' +
      'event that is still kept (`EVENT_RETENTION_DAYS`). A shutdown is not recorded: until the next start, the state before it counts.',
    permission: 'connections:read',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @JsonResponse(200, ConnectionTimelineDto)
  async get(
    @Req() { actor }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Query() span: ConnectionTimelineQueryDto,
  ): Promise<ConnectionTimelineDto> {
    return toTimelineDto(await this.events.getTimeline(actor, id, span), span);
  }
}
