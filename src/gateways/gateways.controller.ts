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
  @Operation({
    id: 'createGateway',
    summary: 'Create a gateway',
    description:
      'Stores the gateway and returns at once; the service connects to it in the background. Read the status, or follow the event ' +
      'stream, to see the result. The password is encrypted and never returned.',
    permission: 'gateways:write',
  })
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
    const gateway = await this.gateways.create(SYSTEM, toNewGateway(body), allow_duplicate);
    setLocation(reply, 'gateways', gateway.id);
    return toGatewayDto(gateway);
  }

  @Get()
  @Operation({
    id: 'listGateways',
    summary: 'List gateways',
    description:
      'One page, in the order of `sort`, then by id. Deleted gateways are not shown. For connection states, use `/api/connections`.',
    permission: 'gateways:read',
  })
  @JsonResponse(200, GatewayPageDto)
  async list(@Query() query: GatewayQueryDto): Promise<GatewayPageDto> {
    const request = toGatewayQuery(query);
    return toPageDto(await this.gateways.findAll(request), request, toGatewayDto);
  }

  @Get(':id')
  @Operation({
    id: 'getGateway',
    summary: 'Get a gateway',
    description: 'Returns the stored gateway without its password. A deleted gateway is not found.',
    permission: 'gateways:read',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @JsonResponse(200, GatewayDto)
  async get(@Param() { id }: IdParamDto): Promise<GatewayDto> {
    return toGatewayDto(await this.gateways.get(id));
  }

  @Put(':id')
  @Operation({
    id: 'updateGateway',
    summary: 'Update a gateway',
    description:
      'Changes only the fields that you send. `null` clears a nullable field; `metadata` is replaced as a whole. A new `url`, `email`, ' +
      '`password` or `tls` reconnects at once; other changes do not affect the connection. `factory_id` may name another factory of the ' +
      'same organization. The stored `password`, sent while the gateway is `auth_failed`, allows one login. Idempotent.',
    permission: 'gateways:write',
  })
  @ApiErrors({
    404: ['GATEWAY_NOT_FOUND'],
    409: ['GATEWAY_ID_TAKEN', 'GATEWAY_URL_TAKEN'],
    422: ['READ_ONLY_FIELD', 'FACTORY_NOT_FOUND', 'FACTORY_IN_OTHER_ORGANIZATION', 'TLS_NEEDS_WSS', 'ADDRESS_REFUSED'],
  })
  @JsonResponse(200, GatewayDto)
  async update(
    @Param() { id }: IdParamDto,
    @Query() { allow_duplicate }: DuplicateQueryDto,
    @Body() body: UpdateGatewayDto,
  ): Promise<GatewayDto> {
    return toGatewayDto(await this.gateways.update(SYSTEM, id, toGatewayChanges(body), allow_duplicate));
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    id: 'deleteGateway',
    summary: 'Delete a gateway',
    description: 'Closes its connection. Deleting it again is a 404.',
    permission: 'gateways:write',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @ApiNoContentResponse({ description: 'The gateway is deleted.' })
  async delete(@Param() { id }: IdParamDto): Promise<void> {
    await this.gateways.delete(SYSTEM, id);
  }
}
