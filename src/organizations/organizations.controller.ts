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
  CreateOrganizationDto,
  DeleteOrganizationQueryDto,
  OrganizationDto,
  OrganizationPageDto,
  OrganizationQueryDto,
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
  })
  @JsonResponse(201, OrganizationDto)
  async create(
    @Body() body: CreateOrganizationDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<OrganizationDto> {
    const organization = await this.organizations.create(SYSTEM, body);
    setLocation(reply, 'organizations', organization.id);
    return toOrganizationDto(organization);
  }

  @Get()
  @Operation({
    id: 'listOrganizations',
    summary: 'List organizations',
    description: 'One page, in the order of `sort`, then by id. Deleted organizations are not shown.',
    permission: 'organizations:read',
  })
  @JsonResponse(200, OrganizationPageDto)
  async list(@Query() query: OrganizationQueryDto): Promise<OrganizationPageDto> {
    const request = toOrganizationQuery(query);
    return toPageDto(await this.organizations.findAll(request), request, toOrganizationDto);
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
  async get(@Param() { id }: IdParamDto): Promise<OrganizationDto> {
    return toOrganizationDto(await this.organizations.get(id));
  }

  @Put(':id')
  @Operation({
    id: 'updateOrganization',
    summary: 'Update an organization',
    description: 'Changes only the fields that you send; `metadata` is replaced as a whole. Idempotent.',
    permission: 'organizations:write',
  })
  @ApiErrors({ 404: ['ORGANIZATION_NOT_FOUND'] })
  @JsonResponse(200, OrganizationDto)
  async update(@Param() { id }: IdParamDto, @Body() body: UpdateOrganizationDto): Promise<OrganizationDto> {
    return toOrganizationDto(await this.organizations.update(SYSTEM, id, body));
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
  })
  @ApiErrors({ 404: ['ORGANIZATION_NOT_FOUND'], 409: ['ORGANIZATION_NOT_EMPTY'] })
  @ApiNoContentResponse({ description: 'The organization is deleted.' })
  async delete(@Param() { id }: IdParamDto, @Query() { cascade }: DeleteOrganizationQueryDto): Promise<void> {
    await this.organizations.delete(SYSTEM, id, cascade);
  }
}
