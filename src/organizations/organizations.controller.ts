import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { ApiErrors, ApiRead, ApiWrite } from '../common/api-docs';
import { IdParamDto } from '../common/id-param.dto';
import { JsonResponse } from '../common/json-response';
import { setLocation } from '../common/location';
import type { Reply } from '../common/location';
import { toPageDto } from '../common/page.dto';
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
  @ApiWrite(
    'createOrganization',
    'Create an organization',
    'Names need not be unique: sending the request twice creates two organizations.',
  )
  @JsonResponse(201, OrganizationDto)
  async create(
    @Body() body: CreateOrganizationDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<OrganizationDto> {
    const organization = await this.organizations.create(body);
    setLocation(reply, 'organizations', organization.id);
    return toOrganizationDto(organization);
  }

  @Get()
  @ApiRead(
    'listOrganizations',
    'List organizations',
    'One page, in the order of `sort`, then by id. Deleted organizations are not shown.',
  )
  @JsonResponse(200, OrganizationPageDto)
  async list(@Query() query: OrganizationQueryDto): Promise<OrganizationPageDto> {
    const request = toOrganizationQuery(query);
    return toPageDto(await this.organizations.findAll(request), request, toOrganizationDto);
  }

  @Get(':id')
  @ApiRead('getOrganization', 'Get an organization', 'A deleted organization is not found.')
  @ApiErrors({ 404: ['ORGANIZATION_NOT_FOUND'] })
  @JsonResponse(200, OrganizationDto)
  async get(@Param() { id }: IdParamDto): Promise<OrganizationDto> {
    return toOrganizationDto(await this.organizations.get(id));
  }

  @Put(':id')
  @ApiWrite(
    'updateOrganization',
    'Update an organization',
    'Changes only the fields that you send; `metadata` is replaced as a whole. Idempotent.',
  )
  @ApiErrors({ 404: ['ORGANIZATION_NOT_FOUND'] })
  @JsonResponse(200, OrganizationDto)
  async update(@Param() { id }: IdParamDto, @Body() body: UpdateOrganizationDto): Promise<OrganizationDto> {
    return toOrganizationDto(await this.organizations.update(id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiRead(
    'deleteOrganization',
    'Delete an organization',
    'One with factories is deleted only with `cascade`, which deletes its factories and gateways too, in one transaction, and closes ' +
      'their connections. Deleting it again is a 404.',
  )
  @ApiErrors({ 404: ['ORGANIZATION_NOT_FOUND'], 409: ['ORGANIZATION_NOT_EMPTY'] })
  @ApiNoContentResponse({ description: 'The organization is deleted.' })
  async delete(@Param() { id }: IdParamDto, @Query() { cascade }: DeleteOrganizationQueryDto): Promise<void> {
    await this.organizations.delete(id, cascade);
  }
}
