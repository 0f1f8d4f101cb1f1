import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { ApiErrors, ApiRead, ApiWrite } from '../common/api-docs';
import { IdParamDto } from '../common/id-param.dto';
import { JsonResponse } from '../common/json-response';
import { setLocation } from '../common/location';
import type { Reply } from '../common/location';
import { toPageDto } from '../common/page.dto';
import {
  CreateGatewayDto,
  DuplicateQueryDto,
  GatewayDto,
  GatewayPageDto,
  GatewayQueryDto,
  toGatewayChanges,
  toGatewayDto,
  toGatewayQuery,
  toNewGateway,
  UpdateGatewayDto,
} from './gateway.dto';
import { GatewaysService } from './gateways.service';

@ApiTags('gateways')
@Controller('gateways')
export class GatewaysController {
  constructor(private readonly gateways: GatewaysService) {}

  @Post()
  @ApiWrite('createGateway', 'Create a gateway', 'Answers at once; the connection is made in the background.')
  @ApiErrors({
    409: ['GATEWAY_ID_TAKEN', 'GATEWAY_URL_TAKEN'],
    422: ['FACTORY_NOT_FOUND', 'TLS_NEEDS_WSS', 'ADDRESS_REFUSED'],
  })
  @JsonResponse(201, GatewayDto)
  async create(
    @Query() { allow_duplicate }: DuplicateQueryDto,
    @Body() body: CreateGatewayDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<GatewayDto> {
    const gateway = await this.gateways.create(toNewGateway(body), allow_duplicate);
    setLocation(reply, 'gateways', gateway.id);
    return toGatewayDto(gateway);
  }

  @Get()
  @ApiRead('listGateways', 'List gateways, by name')
  @JsonResponse(200, GatewayPageDto)
  async list(@Query() query: GatewayQueryDto): Promise<GatewayPageDto> {
    return toPageDto(await this.gateways.findAll(toGatewayQuery(query)), query, toGatewayDto);
  }

  @Get(':id')
  @ApiRead('getGateway', 'Get a gateway')
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @JsonResponse(200, GatewayDto)
  async get(@Param() { id }: IdParamDto): Promise<GatewayDto> {
    return toGatewayDto(await this.gateways.get(id));
  }

  @Put(':id')
  @ApiWrite(
    'updateGateway',
    'Change a gateway',
    'Changes only the fields that are sent; null clears what may be null. A changed url, email or password reconnects at once.',
  )
  @ApiErrors({
    404: ['GATEWAY_NOT_FOUND'],
    409: ['GATEWAY_ID_TAKEN', 'GATEWAY_URL_TAKEN'],
    422: ['TLS_NEEDS_WSS', 'ADDRESS_REFUSED'],
  })
  @JsonResponse(200, GatewayDto)
  async update(
    @Param() { id }: IdParamDto,
    @Query() { allow_duplicate }: DuplicateQueryDto,
    @Body() body: UpdateGatewayDto,
  ): Promise<GatewayDto> {
    return toGatewayDto(await this.gateways.update(id, toGatewayChanges(body), allow_duplicate));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiRead('deleteGateway', 'Delete a gateway', 'Its connection is closed.')
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @ApiNoContentResponse({ description: 'Deleted' })
  async delete(@Param() { id }: IdParamDto): Promise<void> {
    await this.gateways.delete(id);
  }
}
