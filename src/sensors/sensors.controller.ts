import { Body, Controller, Get, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { answerRow, conditionOf } from '../http/contract/entity-tag';
import type { Reply } from '../http/contract/entity-tag';
import { Operation } from '../http/contract/operation';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { toPageDto } from '../http/contract/page.dto';
import type { SensorRow } from './sensor.entity';
import {
  AccessPointPageDto,
  AccessPointQueryDto,
  InventoryRequestDto,
  SensorDto,
  SensorPageDto,
  SensorQueryDto,
  toAccessPointDto,
  toAccessPointQuery,
  toInventoryRequestDto,
  toSensorChanges,
  toSensorDto,
  toSensorQuery,
  UpdateSensorDto,
} from './sensor.dto';
import { OwnerCalls } from '../routing/owner-calls';
import type { AtOwner } from '../routing/owner-calls';
import { SensorsService } from './sensors.service';
import type { Observed } from './sensors.service';

@ApiTags('sensors')
@Controller()
export class SensorsController {
  private readonly refreshAtOwner: AtOwner<null, InventoryRequestDto>;

  constructor(
    private readonly sensors: SensorsService,
    calls: OwnerCalls,
  ) {
    this.refreshAtOwner = calls.define('refreshInventory', async (actor, id) =>
      toInventoryRequestDto(id, await sensors.refresh(actor, id)),
    );
  }

  @Get('sensors')
  @Operation({
    id: 'listSensors',
    summary: 'List sensors',
    description:
      'One page, in the order of `sort`, then by id. A sensor that its gateway no longer lists stays, with `listed: false`. A sensor ' +
      'that has moved to another gateway is listed once for each: filter by `serial`.',
    permission: 'readings:read',
    limit: 'searches',
  })
  @JsonResponse(200, SensorPageDto)
  async list(@Req() { actor }: ApiRequest, @Query() query: SensorQueryDto): Promise<SensorPageDto> {
    const request = toSensorQuery(query);
    return toPageDto(await this.sensors.findAll(actor, request), request, toSensorDto);
  }

  @Get('sensors/:id')
  @Operation({
    id: 'getSensor',
    summary: 'Get a sensor',
    description: 'What its gateway reports, its latest readings, and what users have set.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['SENSOR_NOT_FOUND'] })
  @JsonResponse(200, SensorDto)
  async get(
    @Req() { actor }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<SensorDto> {
    return toSensorDto(answered(reply, await this.sensors.get(actor, id)));
  }

  @Put('sensors/:id')
  @Operation({
    id: 'updateSensor',
    summary: 'Update a sensor',
    description:
      'Changes only the fields that you send. `null` clears a nullable field; `settings` and `metadata` are replaced as a whole. ' +
      '`gateway_id` and `serial` must have the stored values; what the gateway reports may be sent back, and is ignored. Idempotent.',
    permission: 'gateways:write',
    isConditional: true,
  })
  @ApiErrors({ 404: ['SENSOR_NOT_FOUND'], 422: ['READ_ONLY_FIELD'] })
  @JsonResponse(200, SensorDto)
  async update(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Body() body: UpdateSensorDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<SensorDto> {
    const condition = conditionOf(request.headers);
    const sensor = await this.sensors.update(callerOf(request), id, toSensorChanges(body), condition);
    return toSensorDto(answered(reply, sensor));
  }

  @Get('access-points')
  @Operation({
    id: 'listAccessPoints',
    summary: 'List access points',
    description: 'One page, in the order of `sort`, then by id: the access points that gateways have named.',
    permission: 'readings:read',
  })
  @JsonResponse(200, AccessPointPageDto)
  async listAccessPoints(
    @Req() { actor }: ApiRequest,
    @Query() query: AccessPointQueryDto,
  ): Promise<AccessPointPageDto> {
    const request = toAccessPointQuery(query);
    return toPageDto(await this.sensors.findAccessPoints(actor, request), request, toAccessPointDto);
  }

  @Post('gateways/:id/inventory')
  @Operation({
    id: 'refreshInventory',
    summary: 'Refresh the sensors of a gateway',
    description:
      'Asks a connected gateway for its list of sensors within a second, and does not wait for the answer. The service also asks after each ' +
      'login and every `INVENTORY_INTERVAL_MS`. Idempotent.',
    permission: 'gateways:write',
    limit: 'orders',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 503: ['NOT_READY', 'OWNER_UNREACHABLE'] })
  @JsonResponse(202, InventoryRequestDto)
  async refresh(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<InventoryRequestDto> {
    return this.refreshAtOwner(callerOf(request), id, null);
  }
}

function answered(reply: Reply, sensor: Observed<SensorRow>): Observed<SensorRow> {
  answerRow(reply, sensor.row);
  return sensor;
}
