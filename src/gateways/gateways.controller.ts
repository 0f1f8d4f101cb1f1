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
    isIdempotent: true,
    limit: 'creates',
  })
  @ApiErrors({
    409: ['GATEWAY_ID_TAKEN', 'GATEWAY_URL_TAKEN'],
    422: ['FACTORY_NOT_FOUND', 'TLS_NEEDS_WSS', 'ADDRESS_REFUSED', 'IDEMPOTENCY_KEY_REUSED'],
  })
  @JsonResponse(201, GatewayDto)
  async create(
    @Req() request: ApiRequest,
    @Query() { allow_duplicate }: DuplicateQueryDto,
    @Body() body: CreateGatewayDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<GatewayDto> {
    const options = { allowDuplicate: allow_duplicate, once: request.once };
    const created = await this.gateways.create(callerOf(request), toNewGateway(body), options);
    return toGatewayDto(answerCreated(reply, 'gateways', created));
  }

  @Get()
  @Operation({
    id: 'listGateways',
    summary: 'List gateways',
    description:
      'One page, in the order of `sort`, then by id. Deleted gateways are not shown. For connection states, use `/api/connections`.',
    permission: 'gateways:read',
    limit: 'searches',
  })
  @JsonResponse(200, GatewayPageDto)
  async list(@Req() { actor }: ApiRequest, @Query() query: GatewayQueryDto): Promise<GatewayPageDto> {
    const request = toGatewayQuery(query);
    return toPageDto(await this.gateways.findAll(actor, request), request, toGatewayDto);
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
  async get(
    @Req() { actor }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<GatewayDto> {
    return toGatewayDto(answerRow(reply, await this.gateways.get(actor, id)));
  }

  @Put(':id')
  @Operation({
    id: 'updateGateway',
    summary: 'Update a gateway',
    description:
      'Changes only the fields that you send. `null` clears a nullable field; `metadata` is replaced as a whole. A new `url`, `email`, ' +
      '`password` or `tls` reconnects at once; other changes do not affect the connection. `factory_id` may name another factory of the ' +
      'same organization. The stored `password`, sent while the gateway is `auth_failed`, allows one login. Without `gateways:redirect`, a changed origin or `email`, or weaker `tls`, needs the `password`. Idempotent.',
    permission: 'gateways:write',
    isConditional: true,
  })
  @ApiErrors({
    404: ['GATEWAY_NOT_FOUND'],
    409: ['GATEWAY_ID_TAKEN', 'GATEWAY_URL_TAKEN'],
    422: [
      ...(['READ_ONLY_FIELD', 'FACTORY_NOT_FOUND', 'FACTORY_IN_OTHER_ORGANIZATION', 'TLS_NEEDS_WSS'] as const),
      ...(['ADDRESS_REFUSED', 'PASSWORD_REQUIRED'] as const),
    ],
  })
  @JsonResponse(200, GatewayDto)
  async update(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Query() { allow_duplicate }: DuplicateQueryDto,
    @Body() body: UpdateGatewayDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<GatewayDto> {
    const options = { allowDuplicate: allow_duplicate, ...conditionOf(request.headers) };
    const gateway = await this.gateways.update(callerOf(request), id, toGatewayChanges(body), options);
    return toGatewayDto(answerRow(reply, gateway));
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    id: 'deleteGateway',
    summary: 'Delete a gateway',
    description: 'Closes its connection. Deleting it again is a 404.',
    permission: 'gateways:write',
    isConditional: true,
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @ApiNoContentResponse({ description: 'The gateway is deleted.' })
  async delete(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<void> {
    await this.gateways.delete(callerOf(request), id, conditionOf(request.headers));
  }
}
