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
import { ANSWER_MS, OwnerCalls } from '../routing/owner-calls';
import type { AtOwner } from '../routing/owner-calls';
import { SensorsService } from '../sensors/sensors.service';
import { AcquisitionsService } from './acquisitions.service';

interface Order {
  readonly sensorId: string;
  readonly body: CreateAcquisitionDto;
  readonly waitMs: number;
  /** With the fingerprint in base64. */
  readonly once: { readonly key: string; readonly fingerprint: string } | undefined;
}

interface Ordered {
  readonly acquisition: AcquisitionDto;
  /** Whether nothing new was begun, or it has ended. */
  readonly isDone: boolean;
  readonly isReplay: boolean;
}

@ApiTags('readings')
@Controller()
export class AcquisitionsController {
  private readonly orderAtOwner: AtOwner<Order, Ordered>;
  private readonly forgetAtOwner: AtOwner<string, null>;

  constructor(
    private readonly acquisitions: AcquisitionsService,
    private readonly sensors: SensorsService,
    private readonly calls: OwnerCalls,
  ) {
    this.orderAtOwner = calls.define('createAcquisition', async (actor, _, { sensorId, body, waitMs, once }) => {
      const fingerprint = Buffer.from(once?.fingerprint ?? '', 'base64');
      const ordered = await acquisitions.order(
        actor,
        toNewAcquisition(sensorId, body),
        waitMs,
        once && { key: once.key, fingerprint },
      );
      const isDone = isFinal(ordered.row) || !ordered.isNew;
      return { acquisition: toAcquisitionDto(ordered), isDone, isReplay: ordered.isReplay };
    });
    this.forgetAtOwner = calls.define(
      'cancelAcquisition',
      (_actor, _gatewayId, id) => {
        acquisitions.forget(id);
        return Promise.resolve(null);
      },
      { withoutOwner: 'here' },
    );
  }

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
    503: ['NOT_READY', 'OWNERSHIP_UNCERTAIN', 'OWNER_UNREACHABLE'],
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
    const actor = callerOf(request);
    const { once } = request;
    const order = {
      sensorId: id,
      body,
      waitMs: wait_s * 1000,
      once: once && { key: once.key, fingerprint: once.fingerprint.toString('base64') },
    };
    const gatewayId = this.calls.isShared ? (await this.sensors.get(actor, id)).row.gatewayId : '';
    const { acquisition, isDone, isReplay } = await this.orderAtOwner(
      actor,
      gatewayId,
      order,
      order.waitMs + ANSWER_MS,
    );
    void reply.header('Location', `/api/acquisitions/${acquisition.id}`);
    if (isReplay) void reply.header('Idempotency-Replayed', 'true');
    void reply.status(isDone ? 200 : 202);
    return acquisition;
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
    const actor = callerOf(request);
    const gatewayId = await this.acquisitions.cancel(actor, id);
    // An owner that does not hear of it finds it cancelled when it would send it.
    await this.forgetAtOwner(actor, gatewayId, id).catch(() => null);
  }
}
