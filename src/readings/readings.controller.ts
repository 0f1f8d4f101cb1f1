import { Body, Controller, Get, Param, Put, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { ApiConditionalGet, isCurrent } from '../http/contract/conditional-get';
import { FileResponse } from '../http/contract/file-response';
import type { JsonOrFile } from '../http/contract/file-response';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { SeverityService } from '../severity/severity.service';
import { keyOf, PinDto, ReadingDto, ReadingIdParamDto, toReadingDto } from './reading.dto';
import { FeedPageDto, FeedQueryDto, toFeedPageDto, toFeedQuery } from './reading-lists.dto';
import { ReadingsService } from './readings.service';
import { SeverityDto, SeverityQueryDto, toMachine, toSeverityDto } from './severity.dto';
import { toWaveformDto, toWaveformRequest, WaveformDto, WaveformQueryDto } from './waveform.dto';
import { FACTS, factsOf, toFile } from './waveform-file';
import { waveformOf, WaveformsService } from './waveforms.service';

@ApiTags('readings')
@Controller('readings')
export class ReadingsController {
  constructor(
    private readonly readings: ReadingsService,
    private readonly waveforms: WaveformsService,
    private readonly severity: SeverityService,
  ) {}

  @Get()
  @Operation({
    id: 'listReadings',
    summary: 'Read all readings in the order of their arrival',
    description:
      'The feed for copying readings to another system: begin without `after`, store `next` with what you got, and send it as `after` ' +
      'the next time. Nothing is missed: a reading that arrives late, or is completed later, comes (again) at the end. Store readings ' +
      'by their `id`, so that a repeated one replaces the earlier one.',
    permission: 'readings:read',
  })
  @JsonResponse(200, FeedPageDto)
  async feed(@Req() { actor }: ApiRequest, @Query() query: FeedQueryDto): Promise<FeedPageDto> {
    return toFeedPageDto(await this.readings.findFeed(actor, toFeedQuery(query)));
  }

  @Get(':id')
  @Operation({
    id: 'getReading',
    summary: 'Get a reading',
    description: 'Statistics, times, and where the reading comes from. The samples are a resource of their own.',
    permission: 'readings:read',
  })
  @ApiConditionalGet()
  @ApiErrors({ 404: ['READING_NOT_FOUND'] })
  @FileResponse(ReadingDto, { description: 'The reading' })
  async get(
    @Req() { actor, headers }: ApiRequest,
    @Param() { id }: ReadingIdParamDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonOrFile<typeof ReadingDto>> {
    const row = await this.readings.get(actor, keyOf(id));
    const { waveformState = '', pinned = '' } = row.vibration ?? {};
    // The retention and pins change the row without a new position in the feed.
    const tag = `${id}-${row.feedPosition}-${waveformState}-${pinned}`;
    return isCurrent(headers, reply, tag, 'revalidate') ? undefined : toReadingDto(row);
  }

  @Get(':id/severity')
  @Operation({
    id: 'getSeverity',
    summary: 'Get the zone of severity of a vibration reading',
    description:
      'Compares the velocity of each axis with the limits of a standard for machines like this one: see `/api/severity-limits`. Without a ' +
      'valid velocity there is no zone.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['READING_NOT_FOUND'], 422: ['SEVERITY_LIMITS_NOT_FOUND'] })
  @JsonResponse(200, SeverityDto)
  async zone(
    @Req() { actor }: ApiRequest,
    @Param() { id }: ReadingIdParamDto,
    @Query() query: SeverityQueryDto,
  ): Promise<SeverityDto> {
    const reading = await this.readings.get(actor, keyOf(id));
    return toSeverityDto(reading, await this.severity.get(toMachine(query)));
  }

  @Put(':id/pin')
  @Operation({
    id: 'pinReading',
    summary: 'Pin or release the waveform of a reading',
    description:
      'A pinned waveform is kept for ever, with its reading. One that is released stays at least as long as it would have without. Idempotent.',
    permission: 'gateways:write',
  })
  @ApiErrors({ 404: ['READING_NOT_FOUND', 'WAVEFORM_NOT_FOUND'], 409: ['WAVEFORM_THINNED'] })
  @JsonResponse(200, ReadingDto)
  async pin(
    @Req() request: ApiRequest,
    @Param() { id }: ReadingIdParamDto,
    @Body() { pinned }: PinDto,
  ): Promise<ReadingDto> {
    return toReadingDto(await this.readings.pin(callerOf(request), keyOf(id), pinned));
  }

  @Get(':id/waveform')
  @Operation({
    id: 'getWaveform',
    summary: 'Get the samples of a vibration reading',
    description: 'In one of five formats. All can be thinned with `points`, for drawing, except `wav`.',
    permission: 'readings:read',
  })
  @ApiConditionalGet()
  @ApiErrors({
    404: ['READING_NOT_FOUND', 'WAVEFORM_NOT_FOUND'],
    409: ['WAVEFORM_THINNED', 'SAMPLE_RATE_UNKNOWN'],
  })
  @FileResponse(WaveformDto, {
    description: 'The waveform',
    texts: ['text/csv'],
    binaries: ['application/octet-stream', 'audio/wav'],
    headers: FACTS,
  })
  async waveform(
    @Req() { actor, headers }: ApiRequest,
    @Param() { id }: ReadingIdParamDto,
    @Query() query: WaveformQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonOrFile<typeof WaveformDto>> {
    const { axes, unit, points, format } = toWaveformRequest(query);
    const read = await this.waveforms.get(actor, keyOf(id), axes);
    const waveform = waveformOf(read, { unit, points: format === 'wav' ? undefined : points });
    const file = format === 'json' ? null : toFile(id, waveform, format);
    const tag = `${id}-${read.reading.feedPosition}`;
    if (isCurrent(headers, reply, tag, read.isComplete ? 'forever' : 'revalidate')) return undefined;
    reply.headers(factsOf(waveform));
    return file ?? toWaveformDto(id, waveform, read.isRounded);
  }
}
