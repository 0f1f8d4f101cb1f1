import { Body, Controller, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../http/contract/api-errors';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { Operation } from '../http/contract/operation';
import { IdParamDto } from '../http/contract/id-param.dto';
import { JsonResponse } from '../http/contract/json-response';
import { CreateGatewayDto, GatewayDraftDto } from '../gateways/gateway.dto';
import {
  ConnectionTestDto,
  ConnectionTestQueryDto,
  toCandidateChanges,
  toConnectionTestDto,
  toDraft,
} from './connection-test.dto';
import { OwnerCalls } from '../routing/owner-calls';
import type { AtOwner } from '../routing/owner-calls';
import { ConnectionTestsService } from './connection-tests.service';

/** How long another replica may take for a test: longer than its time-outs together. */
const ANSWER_MS = 120_000;

/** A test of a stored gateway. The body may contain a password. */
interface StoredTest {
  readonly isForced: boolean;
  readonly body: GatewayDraftDto;
}

@ApiTags('connections')
@Controller('gateways')
export class ConnectionTestsController {
  private readonly testAtOwner: AtOwner<StoredTest, ConnectionTestDto>;

  constructor(
    private readonly tests: ConnectionTestsService,
    calls: OwnerCalls,
  ) {
    this.testAtOwner = calls.define('testGateway', async (actor, id, { isForced, body }) => {
      const options = { isForced, desiredState: body.desired_state };
      return toConnectionTestDto(await tests.testStored(actor, id, toCandidateChanges(body), options));
    });
  }

  @Post('test')
  @HttpCode(200)
  @Operation({
    id: 'testGatewayDraft',
    summary: 'Test a gateway before it is created',
    description:
      'Connects once on a separate socket, logs in and subscribes, and reports the result of each step. A gateway that cannot be reached ' +
      'is a 200 with `ok: false`. Stores nothing.',
    permission: 'gateways:write',
    limit: 'tests',
  })
  @ApiErrors({
    422: ['TLS_NEEDS_WSS', 'ADDRESS_REFUSED'],
    429: ['ACCOUNT_BUDGET_SPENT'],
    503: ['NOT_READY', 'OWNERSHIP_UNCERTAIN', 'TOO_MANY_TESTS'],
  })
  @JsonResponse(200, ConnectionTestDto)
  async testDraft(@Req() request: ApiRequest, @Body() body: CreateGatewayDto): Promise<ConnectionTestDto> {
    return toConnectionTestDto(await this.tests.testDraft(callerOf(request), toDraft(body)));
  }

  @Post(':id/test')
  @HttpCode(200)
  @Operation({
    id: 'testGateway',
    summary: 'Test a stored gateway',
    description:
      'Tests the stored values with the changes in the body, if any, and stores nothing. A refusal of the stored login counts against ' +
      'the login budget. The stored password is never sent to another origin or `email`, or with weaker `tls`: such a test must ' +
      'include the `password`.',
    permission: 'gateways:test',
    limit: 'tests',
  })
  @ApiBody({ type: GatewayDraftDto, required: false })
  @ApiErrors({
    404: ['GATEWAY_NOT_FOUND'],
    409: ['SESSION_LIVE'],
    422: ['READ_ONLY_FIELD', 'PASSWORD_REQUIRED', 'TLS_NEEDS_WSS', 'ADDRESS_REFUSED'],
    429: ['ACCOUNT_BUDGET_SPENT'],
    503: ['NOT_READY', 'OWNERSHIP_UNCERTAIN', 'OWNER_UNREACHABLE', 'TOO_MANY_TESTS'],
  })
  @JsonResponse(200, ConnectionTestDto)
  async testStored(
    @Req() request: ApiRequest,
    @Param() { id }: IdParamDto,
    @Query() { force }: ConnectionTestQueryDto,
    @Body() body: GatewayDraftDto,
  ): Promise<ConnectionTestDto> {
    return this.testAtOwner(callerOf(request), id, { isForced: force, body }, ANSWER_MS);
  }
}
