import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { answerCreated, answerRow, conditionOf } from '../http/contract/entity-tag';
import type { Reply } from '../http/contract/entity-tag';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { toPageDto } from '../http/contract/page.dto';
import {
  CreateScheduleDto,
  ScheduleDto,
  SchedulePageDto,
  ScheduleQueryDto,
  toFixedValues,
  toNewSchedule,
  toScheduleChanges,
  toScheduleDto,
  toScheduleQuery,
  UpdateScheduleDto,
} from './schedule.dto';
import { SchedulesService } from './schedules.service';

@ApiTags('readings')
@Controller('schedules')
export class SchedulesController {
  constructor(private readonly schedules: SchedulesService) {}

  @Post()
  @Operation({
    id: 'createSchedule',
    summary: 'Create a schedule',
    description:
      'From now on, no reading of the sensors that it covers becomes older than `max_age_s`, as far as windows, budget and connections allow. ' +
      'The first orders follow within a minute. Each is an acquisition with the `schedule_id`; a gateway gets one at a time, so a backlog is ' +
      'worked off slowly. Names need not be unique.',
    permission: 'readings:order',
    isIdempotent: true,
    limit: 'creates',
  })
  @ApiErrors({
    422: ['FACTORY_NOT_FOUND', 'GATEWAY_NOT_FOUND', 'SENSOR_NOT_FOUND', 'IDEMPOTENCY_KEY_REUSED'],
    503: ['NOT_READY'],
  })
  @JsonResponse(201, ScheduleDto)
  async create(
    @Req() request: ApiRequest,
    @Body() body: CreateScheduleDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<ScheduleDto> {
    const created = await this.schedules.create(callerOf(request), toNewSchedule(body), request.once);
    return toScheduleDto(answerCreated(reply, 'schedules', created), created.coverage);
  }

  @Get()
  @Operation({
    id: 'listSchedules',
    summary: 'List schedules',
    description:
      'One page, in the order of `sort`, then by id. Schedules of deleted factories and gateways are not shown.',
    permission: 'readings:read',
    limit: 'searches',
  })
  @JsonResponse(200, SchedulePageDto)
  async list(@Req() { actor }: ApiRequest, @Query() query: ScheduleQueryDto): Promise<SchedulePageDto> {
    const request = toScheduleQuery(query);
    return toPageDto(await this.schedules.findAll(actor, request), request, (row) => toScheduleDto(row, null));
  }

  @Get(':id')
  @Operation({
    id: 'getSchedule',
    summary: 'Get a schedule',
    description: 'With the number of sensors that it covers, and how many of them have no reading that is new enough.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['SCHEDULE_NOT_FOUND'] })
  @JsonResponse(200, ScheduleDto)
  async get(
    @Req() { actor }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<ScheduleDto> {
    const { row, coverage } = await this.schedules.get(actor, id);
    return toScheduleDto(answerRow(reply, row), coverage);
  }

  @Put(':id')
  @Operation({
    id: 'updateSchedule',
    summary: 'Update a schedule',
    description:
      'Changes only the fields that you send; `windows` and `metadata` are replaced as a whole. `target` and `kind` must have the stored ' +
      'values. Takes effect within a minute. Idempotent.',
    permission: 'readings:order',
    isConditional: true,
  })
  @ApiErrors({ 404: ['SCHEDULE_NOT_FOUND'], 422: ['READ_ONLY_FIELD'], 503: ['NOT_READY'] })
  @JsonResponse(200, ScheduleDto)
  async update(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Body() body: UpdateScheduleDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<ScheduleDto> {
    const { row, coverage } = await this.schedules.update(
      callerOf(request),
      id,
      toScheduleChanges(body),
      toFixedValues(body),
      conditionOf(request.headers),
    );
    return toScheduleDto(answerRow(reply, row), coverage);
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    id: 'deleteSchedule',
    summary: 'Delete a schedule',
    description: 'It orders nothing more; an order that is under way goes on. Deleting it again is a 404.',
    permission: 'readings:order',
    isConditional: true,
  })
  @ApiErrors({ 404: ['SCHEDULE_NOT_FOUND'] })
  @ApiNoContentResponse({ description: 'The schedule is deleted.' })
  async delete(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<void> {
    await this.schedules.delete(callerOf(request), id, conditionOf(request.headers));
  }
}
