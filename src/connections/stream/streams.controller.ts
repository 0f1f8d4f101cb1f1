import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';
import { ApiErrors, ApiRead } from '../../common/api-docs';
import { StreamQueryDto, toMoveFilter } from './stream-query.dto';
import { StreamsService } from './streams.service';

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no', // nginx would keep events until it has a page of them.
  connection: 'close', // With the stream ends its connection: one kept alive would hold up the end of the service.
};

const DESCRIPTION = `Server-Sent Events: \`event: state\` for each move of a connection from now on, whose \`data\` is the status at that moment.
A deleted gateway moves to \`disconnected\`, unless it was there already.

Every stream begins with an event that has an id. \`event: start\` says in its data whether the stream resumes from the id that the client sent:
\`{"resumed": true}\` is followed by what the client missed. \`{"resumed": false}\` answers a client that sent no id: it reads \`/api/connections\`
now. \`event: reset\`, with \`{}\` as data, says that what was missed is not kept any more, or that the id is of another run of the service: the
client reads \`/api/connections\` anew. Either way it goes on listening.

The id is sent back as the header \`Last-Event-ID\`, or as \`lastEventId\` in the query. Every 15 seconds there is a comment, and an \`id\` without data,
which brings the last event id of a browser up to date. A reader that is thousands of moves behind is cut off.

One client may have \`MAX_STREAMS_PER_ACTOR\` streams, one on each connection; one more is refused with 429. The service has \`MAX_STREAMS\` places
for all; when none is left, the answer is 503. When the service ends, the stream does: connect again. A browser that is refused does not do so by itself.`;

@ApiTags('connections')
@Controller('events')
export class StreamsController {
  constructor(private readonly streams: StreamsService) {}

  @Get()
  @ApiRead('streamEvents', 'Follow the state changes of the fleet', DESCRIPTION)
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The last id that was received: the stream goes on after it',
  })
  @ApiOkResponse({
    description: 'A stream of events; the schema is that of the data of a `state` event',
    content: { 'text/event-stream': { schema: { $ref: '#/components/schemas/ConnectionStatus' } } },
  })
  @ApiErrors({ 429: ['TOO_MANY_STREAMS'], 503: ['NOT_READY', 'TOO_MANY_STREAMS'] })
  stream(
    @Query() query: StreamQueryDto,
    @Headers('last-event-id') lastId: string | undefined,
    @Req() { raw: request }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    this.streams.requireRoom(request.socket);
    reply.headers(HEADERS).hijack(); // From here on the framework leaves the response to us.
    const response = reply.raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
    if (request.method === 'HEAD') return void response.end();
    // An empty header leaves the word to the query; an empty id alone is answered with a reset, so that no move is lost.
    const resumeFrom = lastId === '' ? (query.lastEventId ?? '') : (lastId ?? query.lastEventId);
    this.streams.open(response, request.socket, toMoveFilter(query), resumeFrom);
  }
}
