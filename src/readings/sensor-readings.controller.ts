import { Controller, Get, Param, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Readable } from 'node:stream';
import { prefersCsv } from '../http/contract/accept';
import { ApiErrors } from '../http/contract/api-errors';
import type { ApiRequest } from '../http/contract/caller';
import type { Reply } from '../http/contract/entity-tag';
import { FileResponse } from '../http/contract/file-response';
import type { JsonOrFile } from '../http/contract/file-response';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { ReadingsPageDto, ReadingsQueryDto, toReadingsPageDto, toReadingsQuery } from './reading-lists.dto';
import { ReadingsService } from './readings.service';
import { toTrendDto, toTrendRequest, TrendDto, TrendQueryDto } from './trend.dto';

@ApiTags('readings')
@Controller('sensors/:id')
export class SensorReadingsController {
  constructor(private readonly readings: ReadingsService) {}

  @Get('readings')
  @Operation({
    id: 'listSensorReadings',
    summary: 'List the readings of a sensor',
    description:
      'The one that was measured last first. With `Accept: text/csv` the answer is all of them, whatever `limit` and `cursor` are, as ' +
      'CSV: it is written as fast as you read it.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['SENSOR_NOT_FOUND'] })
  @FileResponse(ReadingsPageDto, { description: 'A page, or all of them as CSV', texts: ['text/csv'] })
  async list(
    @Req() { actor, headers }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Query() query: ReadingsQueryDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<JsonOrFile<typeof ReadingsPageDto>> {
    const request = toReadingsQuery(query);
    reply.header('vary', 'accept');
    if (!prefersCsv(headers.accept)) {
      return toReadingsPageDto(await this.readings.findPage(actor, id, request), request);
    }
    const pieces = await this.readings.exportCsv(actor, id, { ...request, before: undefined });
    const disposition = `attachment; filename="${id}.csv"`;
    // Of one piece at a time: a stream of objects would read 16 of them ahead.
    const stream = Readable.from(pieces, { objectMode: false });
    return new StreamableFile(stream, { type: 'text/csv; charset=utf-8', disposition });
  }

  @Get('trend')
  @Operation({
    id: 'getSensorTrend',
    summary: 'Get values of a sensor over time',
    description:
      'Divides a period in steps, and computes the least, the mean and the greatest value of each. Late readings are where they were ' +
      'measured. Statistics of vibration exist for readings whose waveform is no longer kept, too.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['SENSOR_NOT_FOUND'], 422: ['TOO_MANY_BUCKETS'] })
  @JsonResponse(200, TrendDto)
  async trend(
    @Req() { actor }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Query() query: TrendQueryDto,
  ): Promise<TrendDto> {
    const request = toTrendRequest(query, new Date());
    return toTrendDto(id, request, await this.readings.getTrend(actor, id, request));
  }
}
