import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { SYSTEM } from '../common/actor';
import { ApiErrors } from '../http/contract/api-errors';
import { Operation } from '../http/contract/operation';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { setLocation } from '../http/contract/location';
import type { Reply } from '../http/contract/location';
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
  })
  @ApiErrors({ 422: ['ORGANIZATION_NOT_FOUND'] })
  @JsonResponse(201, FactoryDto)
  async create(@Body() body: CreateFactoryDto, @Res({ passthrough: true }) reply: Reply): Promise<FactoryDto> {
    const factory = await this.factories.create(SYSTEM, toNewFactory(body));
    setLocation(reply, 'factories', factory.id);
    return toFactoryDto(factory);
  }

  @Get()
  @Operation({
    id: 'listFactories',
    summary: 'List factories',
    description: 'One page, in the order of `sort`, then by id. Deleted factories are not shown.',
    permission: 'factories:read',
  })
  @JsonResponse(200, FactoryPageDto)
  async list(@Query() query: FactoryQueryDto): Promise<FactoryPageDto> {
    const request = toFactoryQuery(query);
    return toPageDto(await this.factories.findAll(request), request, toFactoryDto);
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
  async get(@Param() { id }: IdParamDto): Promise<FactoryDto> {
    return toFactoryDto(await this.factories.get(id));
  }

  @Put(':id')
  @Operation({
    id: 'updateFactory',
    summary: 'Update a factory',
    description:
      'Changes only the fields that you send. `null` clears a nullable field; `metadata` is replaced as a whole. Idempotent.',
    permission: 'factories:write',
  })
  @ApiErrors({ 404: ['FACTORY_NOT_FOUND'], 422: ['READ_ONLY_FIELD'] })
  @JsonResponse(200, FactoryDto)
  async update(@Param() { id }: IdParamDto, @Body() body: UpdateFactoryDto): Promise<FactoryDto> {
    return toFactoryDto(await this.factories.update(SYSTEM, id, toFactoryChanges(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    id: 'deleteFactory',
    summary: 'Delete a factory',
    description:
      'Deletes its gateways too, in one transaction, and closes their connections. Deleting it again is a 404.',
    permission: 'factories:write',
  })
  @ApiErrors({ 404: ['FACTORY_NOT_FOUND'] })
  @ApiNoContentResponse({ description: 'The factory is deleted.' })
  async delete(@Param() { id }: IdParamDto): Promise<void> {
    await this.factories.delete(SYSTEM, id);
  }
}
