import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../http/contract/api-errors';
import { Operation } from '../http/contract/operation';
import { answerWithStream } from '../stream/event-stream-response';
import { ReadingsStreamQueryDto, toWantedReadings } from './readings-stream.dto';
import { ReadingsStreamService } from './readings-stream.service';

@ApiTags('readings')
@Controller('readings/stream')
export class ReadingsStreamController {
  constructor(private readonly streams: ReadingsStreamService) {}

  @Get()
  @Operation({
    id: 'streamReadings',
    summary: 'Stream readings as they are stored',
    description:
      'Server-Sent Events. Each reading that is stored or completed is an `event: reading`; its `data` is the reading, without samples. ' +
      'Each new state of an acquisition is an `event: acquisition`; its `data` is the acquisition. ' +
      'Start, resumption, heartbeats and limits are those of `/api/events`; the two share `MAX_STREAMS`. After `event: reset`, read ' +
      '`/api/readings` from the last position that you stored: unlike the stream, that feed never loses a reading.',
    permission: 'readings:read',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The last event id that you received; the stream continues after it',
  })
  @ApiOkResponse({
    description: 'A stream of events. The schema is that of the `data` of a `reading` event.',
    content: { 'text/event-stream': { schema: { $ref: '#/components/schemas/Reading' } } },
  })
  @ApiErrors({ 429: ['TOO_MANY_STREAMS'], 503: ['NOT_READY', 'TOO_MANY_STREAMS'] })
  stream(
    @Query() query: ReadingsStreamQueryDto,
    @Headers('last-event-id') lastId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const wants = toWantedReadings(request.actor, query);
    answerWithStream(this.streams.stream, request, reply, wants, { header: lastId, query: query.lastEventId });
  }
}
