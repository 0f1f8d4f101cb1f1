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
  CreateOrganizationDto,
  DeleteOrganizationQueryDto,
  OrganizationDto,
  OrganizationPageDto,
  OrganizationQueryDto,
  toNewOrganization,
  toOrganizationChanges,
  toOrganizationDto,
  toOrganizationQuery,
  UpdateOrganizationDto,
} from './organization.dto';
import { OrganizationsService } from './organizations.service';

@ApiTags('organizations')
@Controller('organizations')
export class OrganizationsController {
  constructor(private readonly organizations: OrganizationsService) {}

  @Post()
  @Operation({
    id: 'createOrganization',
    summary: 'Create an organization',
    description: 'Names need not be unique: sending the request twice creates two organizations.',
    permission: 'organizations:write',
    isIdempotent: true,
    limit: 'creates',
  })
  @ApiErrors({ 422: ['IDEMPOTENCY_KEY_REUSED'] })
  @JsonResponse(201, OrganizationDto)
  async create(
    @Req() request: ApiRequest,
    @Body() body: CreateOrganizationDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<OrganizationDto> {
    const created = await this.organizations.create(callerOf(request), toNewOrganization(body), request.once);
    return toOrganizationDto(answerCreated(reply, 'organizations', created));
  }

  @Get()
  @Operation({
    id: 'listOrganizations',
    summary: 'List organizations',
    description: 'One page, in the order of `sort`, then by id. Deleted organizations are not shown.',
    permission: 'organizations:read',
    limit: 'searches',
  })
  @JsonResponse(200, OrganizationPageDto)
  async list(@Req() { actor }: ApiRequest, @Query() query: OrganizationQueryDto): Promise<OrganizationPageDto> {
    const request = toOrganizationQuery(query);
    return toPageDto(await this.organizations.findAll(actor, request), request, toOrganizationDto);
  }

  @Get(':id')
  @Operation({
    id: 'getOrganization',
    summary: 'Get an organization',
    description: 'A deleted organization is not found.',
    permission: 'organizations:read',
  })
  @ApiErrors({ 404: ['ORGANIZATION_NOT_FOUND'] })
  @JsonResponse(200, OrganizationDto)
  async get(
    @Req() { actor }: ApiRequest,
    @Param() { id }: IdParamDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<OrganizationDto> {
    return toOrganizationDto(answerRow(reply, await this.organizations.get(actor, id)));
  }

  @Put(':id')
  @Operation({
    id: 'updateOrganization',
    summary: 'Update an organization',
    description: 'Changes only the fields that you send; `metadata` is replaced as a whole. Idempotent.',
    permission: 'organizations:write',
    isConditional: true,
  })
  @ApiErrors({ 404: ['ORGANIZATION_NOT_FOUND'] })
  @JsonResponse(200, OrganizationDto)
  async update(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Body() body: UpdateOrganizationDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<OrganizationDto> {
    const condition = conditionOf(request.headers);
    const changes = toOrganizationChanges(body);
    return toOrganizationDto(
      answerRow(reply, await this.organizations.update(callerOf(request), id, changes, condition)),
    );
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    id: 'deleteOrganization',
    summary: 'Delete an organization',
    description:
      'An organization with factories is deleted only with `cascade`, which deletes its factories and gateways too, in one transaction, and closes ' +
      'their connections. Deleting it again is a 404.',
    permission: 'organizations:write',
    isConditional: true,
  })
  @ApiErrors({ 404: ['ORGANIZATION_NOT_FOUND'], 409: ['ORGANIZATION_NOT_EMPTY'] })
  @ApiNoContentResponse({ description: 'The organization is deleted.' })
  async delete(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Query() { cascade }: DeleteOrganizationQueryDto,
  ): Promise<void> {
    await this.organizations.delete(callerOf(request), id, cascade, conditionOf(request.headers));
  }
}
