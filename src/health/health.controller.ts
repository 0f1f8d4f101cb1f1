import { Controller, Get, HttpStatus, Req, Res } from '@nestjs/common';
import { ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { ApiRequest } from '../http/contract/caller';
import { UNKNOWN_CALLER } from '../common/actor';
import { Config } from '../config/config';
import { JsonResponse } from '../http/contract/json-response';
import { PublicOperation } from '../http/contract/operation';
import { DatabaseProbe } from '../database/database-probe';
import type { IngestStats } from '../readings/ingest/ingest-stats';
import { IngestService } from '../readings/ingest/ingest.service';
import { Retention } from '../readings/retention/retention';
import type { RetentionFigures } from '../readings/retention/retention';
import { StatusService } from '../status/status.service';
import { version } from '../common/version';
import { HealthDto, LivenessDto, ReadinessDto } from './health.dto';

interface Reply {
  status(code: number): unknown;
}

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: DatabaseProbe,
    private readonly status: StatusService,
    private readonly ingest: IngestService,
    private readonly retention: Retention,
    private readonly config: Config,
  ) {}

  @Get()
  @PublicOperation({
    id: 'getHealth',
    summary: 'Get the service health',
    description:
      'Version, uptime, database state, the number of gateways in each connection state, and how many readings wait, were stored and ' +
      'were dropped. Without a valid key: `status` and `timestamp` only, unless `AUTH` is `off`.',
  })
  @ApiServiceUnavailableResponse({
    type: HealthDto.Output,
    description: 'The database is down or accepts no writes. The body is the same.',
  })
  @JsonResponse(200, HealthDto)
  async health(@Req() { actor }: ApiRequest, @Res({ passthrough: true }) reply: Reply): Promise<HealthDto> {
    const database = await this.database.state();
    if (database !== 'up') reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    const summary = { status: database === 'up' ? 'ok' : 'unavailable', timestamp: new Date().toISOString() } as const;
    if (actor === UNKNOWN_CALLER) return summary;
    return {
      ...summary,
      auth: this.config.auth,
      uptime: process.uptime(),
      version,
      database,
      connections: this.status.countByState(actor),
      ...(actor.organizationId === null && { readings: toReadingFigures(this.ingest.stats, this.retention.figures) }),
    };
  }

  @Get('live')
  @PublicOperation({
    id: 'getLiveness',
    summary: 'Check liveness',
    description: 'For orchestrators: restart the service if this fails. Does not touch the database.',
  })
  @JsonResponse(200, LivenessDto)
  live(): LivenessDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @PublicOperation({
    id: 'getReadiness',
    summary: 'Check readiness',
    description:
      'For load balancers: ready when this service runs the gateway sessions and its database accepts writes. Probes share one ' +
      'database check a second.',
  })
  @ApiServiceUnavailableResponse({ type: ReadinessDto.Output, description: 'Not ready; `reason` says why.' })
  @JsonResponse(200, ReadinessDto)
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<ReadinessDto> {
    const database = await this.database.state();
    if (database === 'up' && this.status.isReady) return { status: 'ok' };
    reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return { status: 'not_ready', reason: database === 'up' ? 'no_sessions' : `database_${database}` };
  }
}

function toReadingFigures(stats: IngestStats | null, retention: RetentionFigures | null): HealthDto['readings'] {
  if (stats === null) return null;
  const { waiting, stored, dropped, spoolBytes } = stats;
  return {
    ...{ queued: waiting, stored, dropped: { ...dropped }, spool_bytes: spoolBytes },
    retention: retention && {
      full_days: retention.fullDays,
      thinned_through: retention.thinnedThrough,
      bytes: retention.bytes,
      over_budget: retention.isOverBudget,
    },
  };
}
