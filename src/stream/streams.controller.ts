import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../http/contract/api-errors';
import { Operation } from '../http/contract/operation';
import { answerWithStream } from './event-stream-response';
import { StreamQueryDto, toWantedEvents } from './stream-query.dto';
import { StreamsService } from './streams.service';

const DESCRIPTION = `Server-Sent Events. Each change of a connection's state is an \`event: state\`; its \`data\` is the status at that moment.
A deleted gateway changes to \`disconnected\`, unless it was disconnected already.

With \`include=gateways\`, there are also events about the gateways themselves, in one order with the state changes: \`event: gateway.created\`,
\`gateway.updated\` and \`gateway.deleted\`. Their \`data\` has \`id\`, \`gateway_id\`, \`name\`, \`factory_id\`, \`organization_id\`,
\`desired_state\` and \`revision\`. \`state\` does not limit them; with \`factory_id\`, a gateway that moves away is in them too. Without
\`include\`, every event but the first has a status.

The first event says where the stream begins, and always has an id:

- \`event: start\` with \`{"resumed": true}\`: the stream continues after the id that you sent; what you missed follows.
- \`event: start\` with \`{"resumed": false}\`: you sent no id. Read \`/api/connections\` now for the current states.
- \`event: reset\` with \`{}\`: what you missed is no longer kept, or the service has restarted. Read \`/api/connections\` again.

To resume, reconnect with the last id in the header \`Last-Event-ID\` (browsers do so automatically), or in the query as \`lastEventId\`. Every
15 seconds the stream sends a comment, and an \`id\` without data that keeps a browser's last event id current. A reader that falls
thousands of events behind is disconnected.

A client (a key, or an address while \`AUTH\` is \`off\`) may have \`MAX_STREAMS_PER_ACTOR\` streams, each on its own connection; further ones get a 429. When all \`MAX_STREAMS\` streams of the
service are in use, the response is a 503. The stream ends when the service stops: reconnect. It also ends when the key is revoked, expires
or gets other rights; its last event is then \`event: end\` with \`{"code": "UNAUTHENTICATED"}\`. Browsers do not retry after an error response.`;

@ApiTags('connections')
@Controller('events')
export class StreamsController {
  constructor(private readonly streams: StreamsService) {}

  @Get()
  @Operation({
    id: 'streamEvents',
    summary: 'Stream the state changes of the fleet',
    description: DESCRIPTION,
    permission: 'connections:read',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The last event id that you received; the stream continues after it',
  })
  @ApiOkResponse({
    description: 'A stream of events. The schema is that of the `data` of a `state` event.',
    content: { 'text/event-stream': { schema: { $ref: '#/components/schemas/ConnectionStatus' } } },
  })
  @ApiErrors({ 429: ['TOO_MANY_STREAMS'], 503: ['NOT_READY', 'TOO_MANY_STREAMS'] })
  stream(
    @Query() query: StreamQueryDto,
    @Headers('last-event-id') lastId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const wants = toWantedEvents(request.actor, query);
    answerWithStream(this.streams.stream, request, reply, wants, { header: lastId, query: query.lastEventId });
  }
}
