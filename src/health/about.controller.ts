import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { version } from '../common/version';
import { Config } from '../config/config';
import { DatabaseProbe } from '../database/database-probe';
import { JsonResponse } from '../http/contract/json-response';
import { Operation } from '../http/contract/operation';
import { StatusService } from '../status/status.service';
import { AboutDto } from './about.dto';

@ApiTags('health')
@Controller('about')
export class AboutController {
  private readonly startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString();

  constructor(
    private readonly config: Config,
    private readonly database: DatabaseProbe,
    private readonly status: StatusService,
  ) {}

  @Get()
  @Operation({
    id: 'getAbout',
    summary: 'Get what this service is',
    description: 'Version, settings and limits that a client should know instead of guessing them. Contains no secret.',
    permission: 'any',
  })
  @JsonResponse(200, AboutDto)
  async get(): Promise<AboutDto> {
    const { auth, env } = this.config;
    return {
      version,
      node: process.versions.node,
      started_at: this.startedAt,
      holds_sessions: this.status.isReady,
      database: await this.database.state(),
      features: {
        auth,
        docs: env.DOCS === 'on',
        metrics: metricsIn(this.config),
        require_if_match: env.REQUIRE_IF_MATCH,
      },
      limits: {
        event_retention_days: env.EVENT_RETENTION_DAYS,
        readings_retention_days: env.READINGS_RETENTION_DAYS,
        max_streams: env.MAX_STREAMS,
        max_streams_per_actor: env.MAX_STREAMS_PER_ACTOR,
        heartbeat_ms: env.HEARTBEAT_INTERVAL_MS,
      },
    };
  }
}

/** See `MetricsAccess`. */
function metricsIn({ auth, env }: Config): AboutDto['features']['metrics'] {
  if (!env.METRICS_ENABLED) return 'off';
  return auth === 'off' && env.METRICS_TOKEN === undefined ? 'open' : 'guarded';
}
