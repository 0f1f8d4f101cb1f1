import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors } from '../../http/contract/api-errors';
import { callerOf } from '../../http/contract/caller';
import type { ApiRequest } from '../../http/contract/caller';
import { IdParamDto } from '../../http/contract/id-param.dto';
import { JsonResponse } from '../../http/contract/json-response';
import { Operation } from '../../http/contract/operation';
import {
  BackfillDto,
  CompletenessDto,
  CreateBackfillDto,
  FactoryCompletenessDto,
  GapListDto,
  toBackfillDto,
  toCompletenessDto,
  toFactoryCompletenessDto,
  toGapListDto,
  toNewBackfill,
} from './completeness.dto';
import { OwnerCalls } from '../../routing/owner-calls';
import type { AtOwner } from '../../routing/owner-calls';
import { CompletenessService } from './completeness.service';

@ApiTags('readings')
@Controller()
export class CompletenessController {
  private readonly ofGatewayAtOwner: AtOwner<null, CompletenessDto>;
  private readonly orderAtOwner: AtOwner<CreateBackfillDto, BackfillDto>;
  private readonly forgetAtOwner: AtOwner<string, null>;

  constructor(
    private readonly completeness: CompletenessService,
    calls: OwnerCalls,
  ) {
    // Without an owner, what is stored is said, and an order waits in the table.
    const options = { withoutOwner: 'here' } as const;
    this.ofGatewayAtOwner = calls.define(
      'getGatewayCompleteness',
      async (actor, id) => toCompletenessDto(id, await completeness.ofGateway(actor, id)),
      options,
    );
    this.orderAtOwner = calls.define(
      'createBackfill',
      async (actor, id, body) => toBackfillDto(await completeness.order(actor, id, toNewBackfill(body))),
      options,
    );
    this.forgetAtOwner = calls.define(
      'cancelBackfill',
      (_, gatewayId, id) => {
        completeness.forget(gatewayId, id);
        return Promise.resolve(null);
      },
      options,
    );
  }

  @Get('gateways/:id/completeness')
  @Operation({
    id: 'getGatewayCompleteness',
    summary: 'Get whether readings of a gateway are missing',
    description:
      'What is known for each kind of reading, and since when. `complete` is said only after the gateway was asked.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @JsonResponse(200, CompletenessDto)
  async ofGateway(@Req() { actor }: ApiRequest, @Param() { id }: IdParamDto): Promise<CompletenessDto> {
    return this.ofGatewayAtOwner(actor, id, null);
  }

  @Get('factories/:id/completeness')
  @Operation({
    id: 'getFactoryCompleteness',
    summary: 'Get whether readings of a factory are missing',
    description: 'The statements of all its gateways, ordered by name.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['FACTORY_NOT_FOUND'] })
  @JsonResponse(200, FactoryCompletenessDto)
  async ofFactory(@Req() { actor }: ApiRequest, @Param() { id }: IdParamDto): Promise<FactoryCompletenessDto> {
    return toFactoryCompletenessDto(id, await this.completeness.ofFactory(actor, id));
  }

  @Get('gateways/:id/gaps')
  @Operation({
    id: 'listGatewayGaps',
    summary: 'List days of which readings of a gateway are missing',
    description: 'Gaps of its sensors that were not filled since.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @JsonResponse(200, GapListDto)
  async gaps(@Req() { actor }: ApiRequest, @Param() { id }: IdParamDto): Promise<GapListDto> {
    return toGapListDto(await this.completeness.findGaps(actor, id));
  }

  @Post('gateways/:id/backfills')
  @HttpCode(202)
  @Operation({
    id: 'createBackfill',
    summary: 'Fetch days of the history of a gateway',
    description:
      'Asks the gateway for all records of these days, whatever is stored, as soon as it is connected; its first page goes before ' +
      'other history. Readings that are stored already stay as they are. The `Location` says how far it is.',
    permission: 'gateways:write',
    limit: 'orders',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'] })
  @JsonResponse(202, BackfillDto)
  async order(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Body() body: CreateBackfillDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BackfillDto> {
    const backfill = await this.orderAtOwner(callerOf(request), id, body);
    void reply.header('Location', `/api/backfills/${backfill.id}`);
    return backfill;
  }

  @Get('backfills/:id')
  @Operation({
    id: 'getBackfill',
    summary: 'Get a backfill',
    description: 'How far it is, or how it ended.',
    permission: 'readings:read',
  })
  @ApiErrors({ 404: ['BACKFILL_NOT_FOUND'] })
  @JsonResponse(200, BackfillDto)
  async get(@Req() { actor }: ApiRequest, @Param() { id }: IdParamDto): Promise<BackfillDto> {
    return toBackfillDto(await this.completeness.getBackfill(actor, id));
  }

  @Delete('backfills/:id')
  @HttpCode(204)
  @Operation({
    id: 'cancelBackfill',
    summary: 'Cancel a backfill',
    description: 'Asks for no further page. What was fetched stays.',
    permission: 'gateways:write',
  })
  @ApiErrors({ 404: ['BACKFILL_NOT_FOUND'], 409: ['BACKFILL_ENDED'] })
  @ApiNoContentResponse({ description: 'The backfill is cancelled.' })
  async cancel(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<void> {
    const actor = callerOf(request);
    const gatewayId = await this.completeness.cancel(actor, id);
    // An owner that does not hear of it asks for pages that change nothing.
    await this.forgetAtOwner(actor, gatewayId, id).catch(() => null);
  }
}
