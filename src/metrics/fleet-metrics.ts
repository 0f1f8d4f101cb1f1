import { Injectable } from '@nestjs/common';
import { timeOf } from '../common/clock';
import { Config } from '../config/config';
import { ConnectionRegistry } from '../status/connection.registry';
import type { ConnectionRecord } from '../status/connection-record';
import { STATUS_STATES } from '../status/connection-state';
import type { StatusState } from '../status/connection-state';
import { labelText } from './metric-text';
import type { LabelText, MetricText } from './metric-text';

/** What is counted of the gateways of one factory. */
interface FactoryCounts {
  readonly states: Record<StatusState, number>;
  wanted: number;
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
    const counts = this.count();
    writeStates(text, counts);
    const each = (name: string, help: string, of: (counts: FactoryCounts) => number) => {
      text.begin(name, 'gauge', help);
      for (const [id, found] of counts) if (of(found) < Infinity) text.sample(name, factoryLabel(id), of(found));
    };
    each('gateway_hub_gateways_wanted', 'Gateways that should be connected', ({ wanted }) => wanted);
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
      if (!found) counts.set(factoryId, (found = nothing()));
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

function nothing(): FactoryCounts {
  const states = Object.fromEntries(STATUS_STATES.map((state) => [state, 0])) as FactoryCounts['states'];
  return { states, wanted: 0, silent: 0, expiresAt: Infinity };
}

function add(counts: FactoryCounts, record: ConnectionRecord): void {
  const { state, gateway, nextRetryAt, certificateExpiresAt } = record;
  counts.states[state] += 1;
  if (gateway.desiredState === 'connected') counts.wanted += 1;
  if (state === 'auth_failed' && nextRetryAt === null) counts.silent += 1;
  if (certificateExpiresAt !== null && certificateExpiresAt < counts.expiresAt) counts.expiresAt = certificateExpiresAt;
}

function writeStates(text: MetricText, counts: ReadonlyMap<string, FactoryCounts>): void {
  text.begin('gateway_hub_gateways', 'gauge', 'Gateways in each state');
  for (const [id, { states }] of counts) {
    const label = factoryLabel(id);
    for (const state of STATUS_STATES) {
      // A service that is alone knows every state.
      if (state === 'unknown' && states.unknown === 0) continue;
      text.sample('gateway_hub_gateways', `${label},state="${state}"`, states[state]);
    }
  }
}

/** An id has nothing to escape. */
function factoryLabel(id: string): LabelText {
  return `factory_id="${id}"`;
}

function gatewayLabels({ gateway }: ConnectionRecord): LabelText {
  return labelText({ gateway_id: gateway.label, factory_id: gateway.factoryId });
}
