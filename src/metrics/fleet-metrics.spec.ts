import { randomUUID } from 'node:crypto';
import { parseConfig } from '../config/config';
import { CONNECTION_STATES } from '../status/connection-state';
import { ConnectionRegistry } from '../status/connection.registry';
import { StateChanges } from '../status/state-changes';
import { aPublicGateway } from '../../test/unit-support/gateways';
import { silentLogger } from '../../test/unit-support/silent-logger';
import { parseExposition } from '../../test/support/exposition';
import { FleetMetrics } from './fleet-metrics';
import { MetricText } from './metric-text';

const [GATEWAYS, FACTORIES] = [10_000, 500];

/** Ten thousand gateways in 500 factories, of which all but the first have one gateway without a wish to be connected. */
function aFleet(variables: Record<string, string> = {}) {
  const registry = new ConnectionRegistry(new StateChanges(silentLogger()));
  const factories = Array.from({ length: FACTORIES }, () => randomUUID());
  for (let index = 0; index < GATEWAYS; index += 1) {
    const factoryId = factories[index % FACTORIES] ?? '';
    const desiredState = index < FACTORIES - 1 ? 'disconnected' : 'connected';
    const record = registry.add(aPublicGateway({ id: randomUUID(), factoryId, label: `GW-${index}`, desiredState }));
    const from = record.state;
    record.state = CONNECTION_STATES[Math.floor(index / FACTORIES) % CONNECTION_STATES.length] ?? 'connected';
    registry.stateChanged(record, from);
  }
  const metrics = new FleetMetrics(registry, parseConfig(variables));
  return {
    registry,
    factories,
    read: () => {
      const text = new MetricText();
      metrics.write(
        text,
        factories.map((id) => `factory_id="${id}",factory="F",organization="O",timezone="UTC"`),
      );
      return parseExposition(text.toString());
    },
  };
}

const countOf = (metrics: ReturnType<typeof parseExposition>) =>
  [...metrics.values()].reduce((sum, { samples }) => sum + samples.length, 0);

describe('the metrics of 10,000 gateways in 500 factories', () => {
  it('are nine series for each factory, however many gateways it has', () => {
    const metrics = aFleet().read();
    expect(countOf(metrics)).toBe(FACTORIES * (CONNECTION_STATES.length + 3));
    const gateways = metrics.get('gateway_hub_gateways')?.samples ?? [];
    expect(gateways.reduce((sum, { value }) => sum + value, 0)).toBe(GATEWAYS);
    const wanted = metrics.get('gateway_hub_gateways_wanted')?.samples ?? [];
    expect(wanted.reduce((sum, { value }) => sum + value, 0)).toBe(GATEWAYS - FACTORIES + 1);
  });

  it('are two more series for each gateway if METRICS_PER_GATEWAY is true', () => {
    const { registry, read } = aFleet({ METRICS_PER_GATEWAY: 'true' });
    for (const record of registry.all()) Object.assign(record, { lastMessageAt: performance.now() });
    expect(countOf(read())).toBe(FACTORIES * (CONNECTION_STATES.length + 3) + 2 * GATEWAYS);
  });
});

describe('the metrics of a factory', () => {
  it('count gateways whose state is unknown, if there are any', () => {
    const { registry, factories, read } = aFleet();
    const unknown = () => read().get('gateway_hub_gateways')?.samples.filter(({ labels }) => labels['state'] === 'unknown'); // prettier-ignore
    expect(unknown()).toEqual([]);
    const [record] = registry.all();
    if (!record) throw new Error('no record');
    const gateway = { ...record.gateway, id: '00000000-0000-4000-8000-00000000ffff' };
    registry.follow({ ...record, gateway, state: 'unknown', observedBy: null });
    expect(unknown()).toEqual([expect.objectContaining({ labels: { factory_id: factories[0], state: 'unknown' }, value: 1 })]); // prettier-ignore
  });

  it('count logins that are not tried again, and name the first certificate that expires', () => {
    const { registry, factories, read } = aFleet();
    const expected = factories[0] ?? '';
    let [silent, found] = [0, 0];
    for (const record of registry.all()) {
      if (record.gateway.factoryId !== expected) continue;
      const isRetried = found % 2 === 0;
      if (record.state === 'auth_failed' && !isRetried) silent += 1;
      Object.assign(record, {
        nextRetryAt: isRetried ? performance.now() + 1000 : null,
        certificateExpiresAt: found === 3 ? null : 1_900_000_000_000 + (found === 7 ? 0 : found + 1) * 1000,
      });
      found += 1;
    }
    const metrics = read();
    const of = (name: string) =>
      metrics
        .get(name)
        ?.samples.filter(({ labels }) => labels['factory_id'] === expected)
        .map(({ value }) => value);
    expect(silent).toBeGreaterThan(0);
    expect(of('gateway_hub_gateways_silent')).toEqual([silent]);
    expect(of('gateway_hub_tls_certificate_not_after_seconds')).toEqual([1_900_000_000]);
  });

  it('disappear with its last gateway', () => {
    const { registry, factories, read } = aFleet();
    const gone = factories[1] ?? '';
    for (const { gateway } of [...registry.all()]) if (gateway.factoryId === gone) registry.delete(gateway.id);
    const left = read().get('gateway_hub_gateways')?.samples ?? [];
    expect(left).toHaveLength((FACTORIES - 1) * CONNECTION_STATES.length);
  });
});
