import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { requireScope } from '../common/actor';
import { ApiErrors } from '../http/contract/api-errors';
import type { ApiRequest } from '../http/contract/caller';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import {
  FleetFactoryPageDto,
  FleetFactoryQueryDto,
  FleetSummaryDto,
  FleetSummaryQueryDto,
  toFactoryPageDto,
  toFleetQuery,
  toSummaryDto,
  toTallyFilter,
} from './fleet.dto';
import {
  FleetOrganizationPageDto,
  FleetOrganizationQueryDto,
  toOrganizationPageDto,
  toOrganizationsQuery,
} from './fleet-organizations.dto';
import { FleetService } from './fleet.service';

@ApiTags('connections')
@Controller('fleet')
export class FleetController {
  constructor(private readonly fleet: FleetService) {}

  @Get('summary')
  @Operation({
    id: 'getFleetSummary',
    summary: 'Count the connections of the fleet',
    description:
      'How many gateways are in each state, how many should be connected and are not (`trouble`), since when, and why. Counted in ' +
      'memory: it works while the database is down.',
    permission: 'connections:read',
  })
  @ApiErrors({ 503: ['NOT_READY'] })
  @JsonResponse(200, FleetSummaryDto)
  summary(@Req() { actor }: ApiRequest, @Query() query: FleetSummaryQueryDto): FleetSummaryDto {
    return toSummaryDto(this.fleet.summarize(actor, toTallyFilter(query)));
  }

  @Get('factories')
  @Operation({
    id: 'listFleetFactories',
    summary: 'List factories with the counts of their connections',
    description:
      'One page, by default those in trouble first. Factories without a gateway are shown too. Needs the scope `factories:read` as well.',
    permission: 'connections:read',
    limit: 'searches',
  })
  @ApiErrors({ 503: ['NOT_READY'] })
  @JsonResponse(200, FleetFactoryPageDto)
  async factories(@Req() { actor }: ApiRequest, @Query() query: FleetFactoryQueryDto): Promise<FleetFactoryPageDto> {
    requireScope(actor, 'factories:read');
    const request = toFleetQuery(query);
    return toFactoryPageDto(await this.fleet.findFactories(actor, request), request);
  }

  @Get('organizations')
  @Operation({
    id: 'listFleetOrganizations',
    summary: 'List organizations with the counts of their factories and connections',
    description:
      'One page, by default those in trouble first. Organizations without a gateway are shown too. Needs the scopes `organizations:read` ' +
      'and `factories:read` as well.',
    permission: 'connections:read',
    limit: 'searches',
  })
  @ApiErrors({ 503: ['NOT_READY'] })
  @JsonResponse(200, FleetOrganizationPageDto)
  async organizations(
    @Req() { actor }: ApiRequest,
    @Query() query: FleetOrganizationQueryDto,
  ): Promise<FleetOrganizationPageDto> {
    requireScope(actor, 'organizations:read');
    requireScope(actor, 'factories:read');
    const request = toOrganizationsQuery(query);
    return toOrganizationPageDto(await this.fleet.findOrganizations(actor, request), request);
  }
}
