import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { answerCreated, answerRow, conditionOf } from '../http/contract/entity-tag';
import type { Reply } from '../http/contract/entity-tag';
import { Operation } from '../http/contract/operation';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { toPageDto } from '../http/contract/page.dto';
import { FactoriesService } from './factories.service';
import {
  CreateFactoryDto,
  FactoryDto,
  FactoryPageDto,
  FactoryQueryDto,
  toFactoryChanges,
  toFactoryDto,
  toFactoryQuery,
  toNewFactory,
  UpdateFactoryDto,
} from './factory.dto';

@ApiTags('factories')
@Controller('factories')
export class FactoriesController {
  constructor(private readonly factories: FactoriesService) {}

  @Post()
  @Operation({
    id: 'createFactory',
    summary: 'Create a factory',
    description:
      'The organization must exist. Names need not be unique: sending the request twice creates two factories.',
    permission: 'factories:write',
    isIdempotent: true,
    limit: 'creates',
  })
  @ApiErrors({ 422: ['ORGANIZATION_NOT_FOUND', 'IDEMPOTENCY_KEY_REUSED'] })
  @JsonResponse(201, FactoryDto)
  async create(
    @Req() request: ApiRequest,
    @Body() body: CreateFactoryDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<FactoryDto> {
    const created = await this.factories.create(callerOf(request), toNewFactory(body), request.once);
    return toFactoryDto(answerCreated(reply, 'factories', created));
  }

  @Get()
  @Operation({
    id: 'listFactories',
    summary: 'List factories',
    description: 'One page, in the order of `sort`, then by id. Deleted factories are not shown.',
    permission: 'factories:read',
    limit: 'searches',
  })
  @JsonResponse(200, FactoryPageDto)
  async list(@Req() { actor }: ApiRequest, @Query() query: FactoryQueryDto): Promise<FactoryPageDto> {
    const request = toFactoryQuery(query);
    return toPageDto(await this.factories.findAll(actor, request), request, toFactoryDto);
  }

  @Get(':id')
  @Operation({
    id: 'getFactory',
    summary: 'Get a factory',
    description: 'A deleted factory is not found.',
    permission: 'factories:read',
  })
  @ApiErrors({ 404: ['FACTORY_NOT_FOUND'] })
  @JsonResponse(200, FactoryDto)
  async get(
    @Req() { actor }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<FactoryDto> {
    return toFactoryDto(answerRow(reply, await this.factories.get(actor, id)));
  }

  @Put(':id')
  @Operation({
    id: 'updateFactory',
    summary: 'Update a factory',
    description:
      'Changes only the fields that you send. `null` clears a nullable field; `metadata` is replaced as a whole. Idempotent.',
    permission: 'factories:write',
    isConditional: true,
  })
  @ApiErrors({ 404: ['FACTORY_NOT_FOUND'], 422: ['READ_ONLY_FIELD'] })
  @JsonResponse(200, FactoryDto)
  async update(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Body() body: UpdateFactoryDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<FactoryDto> {
    const condition = conditionOf(request.headers);
    const factory = await this.factories.update(callerOf(request), id, toFactoryChanges(body), condition);
    return toFactoryDto(answerRow(reply, factory));
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    id: 'deleteFactory',
    summary: 'Delete a factory',
    description:
      'Deletes its gateways too, in one transaction, and closes their connections. Deleting it again is a 404.',
    permission: 'factories:write',
    isConditional: true,
  })
  @ApiErrors({ 404: ['FACTORY_NOT_FOUND'] })
  @ApiNoContentResponse({ description: 'The factory is deleted.' })
  async delete(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<void> {
    await this.factories.delete(callerOf(request), id, conditionOf(request.headers));
  }
}
