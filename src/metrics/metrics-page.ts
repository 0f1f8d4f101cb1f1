import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { ClusterMetrics } from './cluster-metrics';
import { FactoryLabels } from './factory-labels';
import { FleetMetrics } from './fleet-metrics';
import { MetricText } from './metric-text';
import { processMetrics } from './process-metrics';
import { ReadingMetrics } from './reading-metrics';
import { RequestDurations } from './request-durations';
import { ServiceMetrics } from './service-metrics';
import { SessionMetrics } from './session-metrics';

const FRESH_MS = 1000;

/** All metrics as text, made at most once a second: others get the same text. */
@Injectable()
export class MetricsPage {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  private latest: Promise<string> | null = null;
  private madeAt = -Infinity;

  constructor(
    private readonly service: ServiceMetrics,
    private readonly cluster: ClusterMetrics,
    private readonly sessions: SessionMetrics,
    private readonly readings: ReadingMetrics,
    private readonly fleet: FleetMetrics,
    private readonly factories: FactoryLabels,
    private readonly requests: RequestDurations,
  ) {}

  text(): Promise<string> {
    const now = performance.now();
    if (!this.latest || now - this.madeAt >= FRESH_MS) {
      this.madeAt = now;
      this.latest = this.make();
    }
    return this.latest;
  }

  private async make(): Promise<string> {
    const factories = await this.factories.current();
    const read = new MetricText();
    this.service.write(read);
    this.cluster.write(read);
    this.sessions.write(read);
    this.readings.write(read);
    this.fleet.write(read, factories);
    this.requests.write(read);
    const counted = [this.sessions.registry, this.readings.registry, processMetrics()];
    const texts = await Promise.all(counted.map((registry) => registry.metrics()));
    return [read.toString(), ...texts].join('');
  }
}
