import { Injectable } from '@nestjs/common';
import { Ownership } from '../ownership/ownership';
import { REFUSED_KINDS } from '../ownership/refused-writes';
import type { MetricText } from './metric-text';

/** How this process shares the gateways with others. A service that is alone has no values, but for what was refused: nothing. */
@Injectable()
export class ClusterMetrics {
  constructor(private readonly ownership: Ownership) {}

  write(text: MetricText): void {
    const { figures } = this.ownership;
    const replicas = figures && this.ownership.replicas().length;
    const leaseLeft = figures && figures.leaseLeftMs / 1000;
    const look = figures?.lookMs ?? null;
    text.one('gateway_hub_cluster_replicas', 'gauge', 'Replicas that take part', replicas);
    text.one('gateway_hub_cluster_shards_held', 'gauge', 'Shards that this process owns', figures?.shards ?? null);
    text.one('gateway_hub_cluster_lease_left_seconds', 'gauge', 'How long orders may be sent', leaseLeft);
    text.one(
      'gateway_hub_cluster_look_duration_seconds',
      'gauge',
      'How long the latest look at the tables took',
      look === null ? null : look / 1000,
    );
    text.one(
      'gateway_hub_cluster_replicas_ended_total',
      'counter',
      'Silent replicas that this process has ended',
      figures?.ended ?? null,
    );
    text.each(
      'gateway_hub_cluster_refused_total',
      'counter',
      'Rows and orders refused for want of ownership',
      'kind',
      REFUSED_KINDS.map((kind) => [kind, this.ownership.refused.of(kind)]),
    );
  }
}
