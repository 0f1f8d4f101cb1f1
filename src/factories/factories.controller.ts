import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { ApiErrors, ApiRead, ApiWrite } from '../common/api-docs';
import { IdParamDto } from '../common/id-param.dto';
import { JsonResponse } from '../common/json-response';
import { setLocation } from '../common/location';
import type { Reply } from '../common/location';
import { toPageDto } from '../common/page.dto';
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
  @ApiWrite(
    'createFactory',
    'Create a factory',
    'The organization must exist. Names need not be unique: sending the request twice creates two factories.',
  )
  @ApiErrors({ 422: ['ORGANIZATION_NOT_FOUND'] })
  @JsonResponse(201, FactoryDto)
  async create(@Body() body: CreateFactoryDto, @Res({ passthrough: true }) reply: Reply): Promise<FactoryDto> {
    const factory = await this.factories.create(toNewFactory(body));
    setLocation(reply, 'factories', factory.id);
    return toFactoryDto(factory);
  }

  @Get()
  @ApiRead(
    'listFactories',
    'List factories',
    'One page, in the order of `sort`, then by id. Deleted factories are not shown.',
  )
  @JsonResponse(200, FactoryPageDto)
  async list(@Query() query: FactoryQueryDto): Promise<FactoryPageDto> {
    const request = toFactoryQuery(query);
    return toPageDto(await this.factories.findAll(request), request, toFactoryDto);
  }

  @Get(':id')
  @ApiRead('getFactory', 'Get a factory', 'A deleted factory is not found.')
  @ApiErrors({ 404: ['FACTORY_NOT_FOUND'] })
  @JsonResponse(200, FactoryDto)
  async get(@Param() { id }: IdParamDto): Promise<FactoryDto> {
    return toFactoryDto(await this.factories.get(id));
  }

  @Put(':id')
  @ApiWrite(
    'updateFactory',
    'Update a factory',
    'Changes only the fields that you send. `null` clears a nullable field; `metadata` is replaced as a whole. Idempotent.',
  )
  @ApiErrors({ 404: ['FACTORY_NOT_FOUND'], 422: ['READ_ONLY_FIELD'] })
  @JsonResponse(200, FactoryDto)
  async update(@Param() { id }: IdParamDto, @Body() body: UpdateFactoryDto): Promise<FactoryDto> {
    return toFactoryDto(await this.factories.update(id, toFactoryChanges(body)));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiRead(
    'deleteFactory',
    'Delete a factory',
    'Deletes its gateways too, in one transaction, and closes their connections. Deleting it again is a 404.',
  )
  @ApiErrors({ 404: ['FACTORY_NOT_FOUND'] })
  @ApiNoContentResponse({ description: 'The factory is deleted.' })
  async delete(@Param() { id }: IdParamDto): Promise<void> {
    await this.factories.delete(id);
  }
}
