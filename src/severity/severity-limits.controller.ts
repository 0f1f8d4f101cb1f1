import { Body, Controller, Get, Put, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { callerOf } from '../http/contract/caller';
import type { ApiRequest } from '../http/contract/caller';
import { answerRow, conditionOf } from '../http/contract/entity-tag';
import type { Reply } from '../http/contract/entity-tag';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { ReplaceSeverityLimitsDto, SeverityLimitsDto, toLimits, toSeverityLimitsDto } from './severity-limit.dto';
import { SeverityService } from './severity.service';

@ApiTags('readings')
@Controller('severity-limits')
export class SeverityLimitsController {
  constructor(private readonly severity: SeverityService) {}

  @Get()
  @Operation({
    id: 'getSeverityLimits',
    summary: 'Get the limits of vibration severity',
    description:
      'The boundaries of the zones A to D for each standard, group of machines and support. The values that come with the service are ' +
      'named after ISO 20816-3; check them against the standard before you rely on them.',
    permission: 'readings:read',
  })
  @JsonResponse(200, SeverityLimitsDto)
  async get(@Res({ passthrough: true }) reply: Reply): Promise<SeverityLimitsDto> {
    return toSeverityLimitsDto(answerRow(reply, await this.severity.findAll()));
  }

  @Put()
  @Operation({
    id: 'replaceSeverityLimits',
    summary: 'Replace the limits of vibration severity',
    description: 'Replaces all of them, for the whole installation: send those that you keep, too. Idempotent.',
    permission: 'severity:write',
    isConditional: true,
  })
  @JsonResponse(200, SeverityLimitsDto)
  async replace(
    @Req() request: ApiRequest,
    @Body() body: ReplaceSeverityLimitsDto,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<SeverityLimitsDto> {
    const table = await this.severity.replace(callerOf(request), toLimits(body), conditionOf(request.headers));
    return toSeverityLimitsDto(answerRow(reply, table));
  }
}
