import { Injectable } from '@nestjs/common';
import { version } from '../common/version';
import { DatabaseProbe } from '../database/database-probe';
import { PoolFigures } from '../database/pool-figures';
import { ConnectionHistory } from '../history/connection-history';
import { Readiness } from '../status/readiness';
import { StreamLimits } from '../stream/stream-limits';
import { labelText } from './metric-text';
import type { MetricText } from './metric-text';

/** How old the last check of the database may be. Scrapes are more frequent, and must not become as many statements. */
const CHECK_MS = 30_000;

/** The state of the service itself. */
@Injectable()
export class ServiceMetrics {
  private checkedAt = -Infinity;

  constructor(
    private readonly readiness: Readiness,
    private readonly probe: DatabaseProbe,
    private readonly pool: PoolFigures,
    private readonly history: ConnectionHistory,
    private readonly streams: StreamLimits,
  ) {}

  write(text: MetricText): void {
    this.checkDatabase();
    const { isReady } = this.readiness;
    const isUp = this.probe.latest === null ? null : this.probe.latest === 'up';
    text.begin('gateway_hub_build_info', 'gauge', 'Always 1');
    text.sample('gateway_hub_build_info', labelText({ version, node: process.version }), 1);
    text.one(
      'gateway_hub_ready',
      'gauge',
      'Whether /api/health/ready says so',
      isUp === null ? null : +(isReady && isUp),
    );
    text.one('gateway_hub_sessions_held', 'gauge', 'Whether this process runs the sessions', +isReady);
    text.one(
      ...(['gateway_hub_database_up', 'gauge', 'Whether the database accepted writes at the last check'] as const),
      isUp === null ? null : +isUp,
    );
    text.each(
      ...([
        'gateway_hub_database_connections',
        'gauge',
        'Connections of the pool, and callers that wait',
        'state',
      ] as const),
      Object.entries(this.pool.current),
    );
    this.writeHistory(text);
  }

  private writeHistory(text: MetricText): void {
    const { waiting, failures } = this.history.figures;
    const { readers, limit, cut } = this.streams.figures;
    text.one('gateway_hub_history_rows_waiting', 'gauge', 'State changes that wait to be stored', waiting);
    text.one('gateway_hub_history_write_failures_total', 'counter', 'Statements for them that failed', failures);
    text.one('gateway_hub_stream_readers', 'gauge', 'Open event streams', readers);
    text.one('gateway_hub_stream_limit', 'gauge', 'MAX_STREAMS', limit);
    text.one('gateway_hub_stream_readers_cut_total', 'counter', 'Readers that were too slow', cut);
  }

  /** Has the database checked for the next scrapes. */
  private checkDatabase(): void {
    const now = performance.now();
    if (now - this.checkedAt < CHECK_MS) return;
    this.checkedAt = now;
    void this.probe.state();
  }
}
