import { Injectable } from '@nestjs/common';
import { EVERYWHERE } from '../common/actor';
import { timeOf } from '../common/clock';
import { Config } from '../config/config';
import { ConnectionRegistry } from '../status/connection.registry';
import type { ConnectionRecord } from '../status/connection-record';
import { STATUS_STATES } from '../status/connection-state';
import type { FactoryTally } from '../status/fleet-tallies';
import { labelText } from './metric-text';
import type { LabelText, MetricText } from './metric-text';

/** What the tallies of the registry do not count of the gateways of one factory. */
interface FactoryCounts {
  silent: number;
  /** When the first of its certificates expires, in milliseconds since 1970; Infinity without any. */
  expiresAt: number;
}

/** Counts the gateways of each factory, from memory. */
@Injectable()
export class FleetMetrics {
  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly config: Config,
  ) {}

  /** @param factories the labels of `factory_info` */
  write(text: MetricText, factories: readonly LabelText[]): void {
    const tallies = this.registry.tally(EVERYWHERE, {});
    writeTallies(text, tallies);
    const counts = this.count();
    const each = (name: string, help: string, of: (counts: FactoryCounts) => number) => {
      text.begin(name, 'gauge', help);
      for (const [id, found] of counts) if (of(found) < Infinity) text.sample(name, factoryLabel(id), of(found));
    };
    each(
      'gateway_hub_gateways_silent',
      'Gateways in auth_failed that are not tried again until somebody acts',
      ({ silent }) => silent,
    );
    each(
      'gateway_hub_tls_certificate_not_after_seconds',
      'When the first certificate of the gateways expires, in seconds since 1970',
      ({ expiresAt }) => expiresAt / 1000,
    );
    text.begin('gateway_hub_factory_info', 'gauge', 'Always 1: the names of a factory, at most a minute old');
    for (const labels of factories) text.sample('gateway_hub_factory_info', labels, 1);
    if (this.config.env.METRICS_PER_GATEWAY) this.writeGateways(text);
  }

  private count(): Map<string, FactoryCounts> {
    const counts = new Map<string, FactoryCounts>();
    for (const record of this.registry.all()) {
      const { factoryId } = record.gateway;
      let found = counts.get(factoryId);
      if (!found) counts.set(factoryId, (found = { silent: 0, expiresAt: Infinity }));
      add(found, record);
    }
    return counts;
  }

  private writeGateways(text: MetricText): void {
    const records = [...this.registry.all()].map((record) => ({ record, labels: gatewayLabels(record) }));
    text.begin('gateway_hub_gateway_connected', 'gauge', 'Whether a gateway is connected');
    for (const { record, labels } of records) {
      text.sample('gateway_hub_gateway_connected', labels, record.state === 'connected' ? 1 : 0);
    }
    const name = 'gateway_hub_gateway_last_message_timestamp_seconds';
    text.begin(name, 'gauge', 'When a gateway sent its last message, in seconds since 1970');
    for (const { record, labels } of records) {
      if (record.lastMessageAt !== null) text.sample(name, labels, timeOf(record.lastMessageAt).getTime() / 1000);
    }
  }
}

function add(counts: FactoryCounts, record: ConnectionRecord): void {
  const { state, nextRetryAt, certificateExpiresAt } = record;
  if (state === 'auth_failed' && nextRetryAt === null) counts.silent += 1;
  if (certificateExpiresAt !== null && certificateExpiresAt < counts.expiresAt) counts.expiresAt = certificateExpiresAt;
}

function writeTallies(text: MetricText, tallies: readonly FactoryTally[]): void {
  text.begin('gateway_hub_gateways', 'gauge', 'Gateways in each state');
  for (const { factoryId, byState } of tallies) {
    const label = factoryLabel(factoryId);
    for (const state of STATUS_STATES) {
      // A service that is alone knows every state.
      if (state === 'unknown' && byState.unknown === 0) continue;
      text.sample('gateway_hub_gateways', `${label},state="${state}"`, byState[state]);
    }
  }
  text.begin('gateway_hub_gateways_wanted', 'gauge', 'Gateways that should be connected');
  for (const { factoryId, wanted } of tallies) {
    text.sample('gateway_hub_gateways_wanted', factoryLabel(factoryId), wanted);
  }
}

/** An id has nothing to escape. */
function factoryLabel(id: string): LabelText {
  return `factory_id="${id}"`;
}

function gatewayLabels({ gateway }: ConnectionRecord): LabelText {
  return labelText({ gateway_id: gateway.label, factory_id: gateway.factoryId });
}
