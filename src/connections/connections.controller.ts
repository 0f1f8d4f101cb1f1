import { Body, Controller, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import type { ErrorCode } from '../common/error-codes';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { Operation } from '../http/contract/operation';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { ConnectionStatusDto, toConnectionStatusDto } from '../status/connection-status.dto';
import { BulkOrderDto, BulkOrderResultDto, MAX_ORDERED, toBulkOrderResultDto } from './bulk-order.dto';
import { OwnerCalls } from '../routing/owner-calls';
import type { AtOwner } from '../routing/owner-calls';
import { OwnerSilentError } from '../routing/routing.errors';
import { ConnectionsService } from './connections.service';

@ApiTags('connections')
@Controller()
export class ConnectionsController {
  private readonly connectAtOwner: AtOwner<null, ConnectionStatusDto>;
  private readonly disconnectAtOwner: AtOwner<null, ConnectionStatusDto>;
  private readonly orderAtOwner: AtOwner<BulkOrderDto, [id: string, code: ErrorCode][]>;

  constructor(
    connections: ConnectionsService,
    private readonly calls: OwnerCalls,
  ) {
    // Without an owner, the desired state is stored here, and the next owner finds it.
    const options = { withoutOwner: 'here' } as const;
    this.connectAtOwner = calls.define(
      'connectGateway',
      async (actor, id) => toConnectionStatusDto(await connections.connect(actor, id)),
      options,
    );
    this.disconnectAtOwner = calls.define(
      'disconnectGateway',
      async (actor, id) => toConnectionStatusDto(await connections.disconnect(actor, id)),
      options,
    );
    this.orderAtOwner = calls.define(
      'orderConnections',
      async (actor, _, { action, ids }) => {
        const refusals = await (action === 'connect'
          ? connections.connectMany(actor, ids)
          : connections.disconnectMany(actor, ids));
        return [...refusals].map(([id, { code }]): [string, ErrorCode] => [id, code]);
      },
      options,
    );
  }

  @Post('gateways/:id/connect')
  @Operation({
    id: 'connectGateway',
    summary: 'Connect a gateway',
    description:
      'Stores the desired state `connected` and returns the status without waiting for the connection. Ends a back-off: the service ' +
      'dials at once. After a refused login it allows one more attempt. Idempotent.',
    permission: 'connections:order',
    limit: 'orders',
  })
  @ApiErrors({
    404: ['GATEWAY_NOT_FOUND'],
    429: ['ACCOUNT_BUDGET_SPENT'],
    503: ['NOT_READY', 'OWNERSHIP_UNCERTAIN', 'OWNER_UNREACHABLE'],
  })
  @JsonResponse(202, ConnectionStatusDto)
  async connect(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<ConnectionStatusDto> {
    return this.connectAtOwner(callerOf(request), id, null);
  }

  @Post('gateways/:id/disconnect')
  @Operation({
    id: 'disconnectGateway',
    summary: 'Disconnect a gateway',
    description:
      'Stores the desired state `disconnected` and closes the connection. The gateway stays disconnected, also after a restart of ' +
      'the service, until you connect it. Idempotent.',
    permission: 'connections:order',
    limit: 'orders',
  })
  @ApiErrors({ 404: ['GATEWAY_NOT_FOUND'], 503: ['NOT_READY', 'OWNER_UNREACHABLE'] })
  @JsonResponse(202, ConnectionStatusDto)
  async disconnect(@Req() request: ApiRequest, @Param() { id }: IdParamDto): Promise<ConnectionStatusDto> {
    return this.disconnectAtOwner(callerOf(request), id, null);
  }

  @Post('connections/actions')
  @Operation({
    id: 'orderConnections',
    summary: 'Connect or disconnect many gateways',
    description:
      `Like \`connect\` or \`disconnect\` for up to ${MAX_ORDERED} gateways: stores all desired states in one step, and returns without ` +
      'waiting for connections, which are begun at the rate of `CONNECT_RATE_PER_SECOND`. The response says of each gateway whether the order was ' +
      'accepted; one that is refused does not stop the others. Idempotent.',
    permission: 'connections:order',
    limit: 'bulk orders',
  })
  @ApiErrors({ 503: ['NOT_READY'] })
  @JsonResponse(202, BulkOrderResultDto)
  async order(@Req() request: ApiRequest, @Body() { action, ids }: BulkOrderDto): Promise<BulkOrderResultDto> {
    const actor = callerOf(request);
    const unique = [...new Set(ids)];
    const refusals = await Promise.all(
      this.calls.byOwner(unique).map((group) => this.orderGroup(actor, { action, ids: group })),
    );
    return toBulkOrderResultDto(unique, new Map(refusals.flat()));
  }

  /** Gateways of one owner. One that does not answer stops no other. */
  private async orderGroup(actor: Actor, order: BulkOrderDto): Promise<[id: string, code: ErrorCode][]> {
    try {
      return await this.orderAtOwner(actor, order.ids[0] ?? '', order);
    } catch (error) {
      if (!(error instanceof OwnerSilentError)) throw error;
      return order.ids.map((id) => [id, error.code]);
    }
  }
}
