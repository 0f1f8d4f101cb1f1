import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { Config } from '../config/config';
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
  CreateKeyDto,
  KeyDto,
  KeyPageDto,
  KeyQueryDto,
  MadeKeyDto,
  requireUnchanged,
  RotateKeyDto,
  toKeyChanges,
  toKeyDto,
  toKeyQuery,
  toMadeKeyDto,
  toNewKey,
  UpdateKeyDto,
} from './api-key.dto';
import { ApiKeysService } from './api-keys.service';
import type { MadeKey } from './api-keys.service';

@ApiTags('keys')
@Controller('keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly config: Config,
  ) {}

  @Post()
  @Operation({
    id: 'createKey',
    summary: 'Create a key',
    description:
      'The response is the only one that contains the key, as `secret`. Nobody can grant what they lack: the scopes of the key must be ' +
      'scopes of the caller, the key may work no longer and from no more addresses than that of the caller, and a key of an ' +
      'organization makes keys of the same organization only. Not safe to repeat: its response is never stored.',
    permission: 'keys:write',
    limit: 'keys',
  })
  @ApiErrors({ 422: ['SCOPE_NOT_HELD', 'SCOPE_NOT_IN_ROLE', 'ORGANIZATION_NOT_FOUND', 'LIMIT_REACHED'] })
  @JsonResponse(201, MadeKeyDto)
  async create(
    @Req() request: ApiRequest,
    @Body() body: CreateKeyDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<MadeKeyDto> {
    const actor = callerOf(request);
    return answerMade(reply, await this.keys.create(actor, toNewKey(actor, body, this.maxDays)));
  }

  @Get()
  @Operation({
    id: 'listKeys',
    summary: 'List keys',
    description: 'One page, by name, then by id. Expired and revoked keys are shown too; select them by `state`.',
    permission: 'keys:read',
  })
  @JsonResponse(200, KeyPageDto)
  async list(@Req() { actor }: ApiRequest, @Query() query: KeyQueryDto): Promise<KeyPageDto> {
    const request = toKeyQuery(query);
    return toPageDto(await this.keys.findAll(actor, request), request, toKeyDto);
  }

  @Get(':id')
  @Operation({
    id: 'getKey',
    summary: 'Get a key',
    description: 'Without the key itself, of which only a digest is stored.',
    permission: 'keys:read',
  })
  @ApiErrors({ 404: ['KEY_NOT_FOUND'] })
  @JsonResponse(200, KeyDto)
  async get(
    @Req() { actor }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<KeyDto> {
    return toKeyDto(answerRow(reply, await this.keys.get(actor, id)));
  }

  @Put(':id')
  @Operation({
    id: 'updateKey',
    summary: 'Update a key',
    description:
      'Changes only the fields that you send. The caller must have every scope that the key has after the change. A new ' +
      '`expires_at` or `allowed_networks` must be within that of the caller. Idempotent.',
    permission: 'keys:write',
    limit: 'keys',
    isConditional: true,
  })
  @ApiErrors({
    404: ['KEY_NOT_FOUND'],
    409: ['KEY_NOT_ACTIVE', 'LAST_ADMIN'],
    422: ['SCOPE_NOT_HELD', 'SCOPE_NOT_IN_ROLE', 'READ_ONLY_FIELD'],
  })
  @JsonResponse(200, KeyDto)
  async update(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Body() body: UpdateKeyDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<KeyDto> {
    const changes = toKeyChanges(body, this.maxDays);
    const condition = conditionOf(request.headers);
    const changed = await this.keys.update(callerOf(request), id, changes, condition, (row) =>
      requireUnchanged(body, row),
    );
    return toKeyDto(answerRow(reply, changed));
  }

  @Post(':id/rotate')
  @Operation({
    id: 'rotateKey',
    summary: 'Replace a key',
    description:
      'Creates a key with the same name, rights and expiry. The old one is revoked, at once or after `overlap_seconds`. The response is ' +
      'the only one that contains the new key, as `secret`.',
    permission: 'keys:write',
    limit: 'keys',
  })
  @ApiBody({ type: RotateKeyDto, required: false })
  @ApiErrors({ 404: ['KEY_NOT_FOUND'], 409: ['KEY_NOT_ACTIVE'], 422: ['SCOPE_NOT_HELD', 'LIMIT_REACHED'] })
  @JsonResponse(201, MadeKeyDto)
  async rotate(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Body() { overlap_seconds }: RotateKeyDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<MadeKeyDto> {
    return answerMade(reply, await this.keys.rotate(callerOf(request), id, overlap_seconds));
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    id: 'revokeKey',
    summary: 'Revoke a key',
    description:
      'It stops working at once, and its streams end. It stays in the list, as `revoked`. Revoking it again has no effect.',
    permission: 'keys:write',
    limit: 'keys',
    isConditional: true,
  })
  @ApiErrors({ 404: ['KEY_NOT_FOUND'], 409: ['LAST_ADMIN'] })
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  async revoke(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<void> {
    await this.keys.revoke(callerOf(request), id, conditionOf(request.headers));
  }

  private get maxDays(): number | undefined {
    return this.config.env.API_KEY_MAX_DAYS;
  }
}

function answerMade(reply: Reply, made: MadeKey): MadeKeyDto {
  answerCreated(reply, 'keys', { row: made.row, isReplay: false });
  return toMadeKeyDto(made);
}
