import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import {
  AcquisitionDto,
  AcquisitionPageDto,
  AcquisitionQueryDto,
  AcquisitionWaitDto,
  CreateAcquisitionDto,
  toAcquisitionDto,
  toAcquisitionPageDto,
  toAcquisitionQuery,
  toNewAcquisition,
} from './acquisition.dto';
import { isFinal } from './acquisition.machine';
import { AcquisitionsService } from './acquisitions.service';

@ApiTags('readings')
@Controller()
export class AcquisitionsController {
  constructor(private readonly acquisitions: AcquisitionsService) {}

  @Post('sensors/:id/acquisitions')
  @Operation({
    id: 'createAcquisition',
    summary: 'Have a sensor measure now',
    description:
      'Sends the command as soon as the gateway and the sensor are connected and nothing else is measured; `blocked_by` says what it waits ' +
      'for. The command is sent once, whatever happens. The response is a 202 with the acquisition as it stands: read its `Location` until ' +
      'it is final, or wait with `wait_s`. It is a 200 if the acquisition is final, or if the sensor had an open order of this kind: then ' +
      'that one is returned, since each measurement costs the battery.',
    permission: 'readings:order',
    isIdempotent: true,
    limit: 'orders',
  })
  @ApiErrors({
    404: ['SENSOR_NOT_FOUND'],
    422: ['IDEMPOTENCY_KEY_REUSED'],
    429: ['TOO_SOON'],
    503: ['NOT_READY', 'OWNERSHIP_UNCERTAIN'],
  })
  @JsonResponse(200, AcquisitionDto)
  @JsonResponse(202, AcquisitionDto)
  async order(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Query() { wait_s }: AcquisitionWaitDto,
    @Body() body: CreateAcquisitionDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcquisitionDto> {
    const order = toNewAcquisition(id, body);
    const ordered = await this.acquisitions.order(callerOf(request), order, wait_s * 1000, request.once);
    void reply.header('Location', `/api/acquisitions/${ordered.row.id}`);
    if (ordered.isReplay) void reply.header('Idempotency-Replayed', 'true');
    void reply.status(isFinal(ordered.row) || !ordered.isNew ? 200 : 202);
    return toAcquisitionDto(ordered);
  }

  @Get('acquisitions')
  @Operation({
    id: 'listAcquisitions',
    summary: 'List acquisitions',
    description: 'Newest first. Filters can be combined.',
    permission: 'readings:read',
  })
  @JsonResponse(200, AcquisitionPageDto)
  async list(@Req() { actor }: ApiRequest, @Query() query: AcquisitionQueryDto): Promise<AcquisitionPageDto> {
    const request = toAcquisitionQuery(query);
    return toAcquisitionPageDto(await this.acquisitions.findPage(actor, request), request);
  }

  @Get('acquisitions/:id')
  @Operation({
    id: 'getAcquisition',
    summary: 'Get an acquisition',
    description: 'How far it is, or how it ended.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['ACQUISITION_NOT_FOUND'] })
  @JsonResponse(200, AcquisitionDto)
  async get(@Req() { actor }: ApiRequest, @Param() { id }: IdParamDto): Promise<AcquisitionDto> {
    return toAcquisitionDto(await this.acquisitions.get(actor, id));
  }

  @Delete('acquisitions/:id')
  @HttpCode(204)
  @Operation({
    id: 'cancelAcquisition',
    summary: 'Cancel an acquisition',
    description: 'Only while it is `queued`: the gateway has no command to stop a measurement.',
    permission: 'readings:order',
  })
  @ApiErrors({ 404: ['ACQUISITION_NOT_FOUND'], 409: ['ACQUISITION_UNDER_WAY', 'ACQUISITION_ENDED'] })
  @ApiNoContentResponse({ description: 'The acquisition is cancelled.' })
  async cancel(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<void> {
    await this.acquisitions.cancel(callerOf(request), id);
  }
}
