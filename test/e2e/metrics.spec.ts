import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { AcquisitionDto } from '../../src/acquisitions/acquisition.dto';
import type { SensorPageDto } from '../../src/sensors/sensor.dto';
import { FAST_ACQUISITIONS } from '../support/acquisitions';
import { aGateway } from '../support/builders';
import { testCertificates } from '../support/certificates';
import type { TestCertificates } from '../support/certificates';
import { eventually } from '../support/eventually';
import { labelsOf, parseExposition } from '../support/exposition';
import type { Metric } from '../support/exposition';
import { aDevice, closeDevices } from '../support/hub';
import { KeyedService } from '../support/keyed-service';
import { alertRules, dashboard, DEPLOY, hasPrometheus, unknownNames } from '../support/monitoring-files';
import type { Shown } from '../support/monitoring-files';
import { Prometheus } from '../support/prometheus';

const TOKEN = 'a-token-for-the-metrics-of-this-test';
const FACTORY = 'Springfield "north" \\ Halle 3';
const root = resolve(__dirname, '../..');
const run = promisify(execFile);

jest.setTimeout(60_000);

let service: KeyedService;
let certificates: TestCertificates;
let factory: string;
let organization: string;
const gateways: string[] = [];

const scrape = async (key: string | null = TOKEN) => service.get('/metrics', key).expect(200);
const read = async () => parseExposition((await scrape()).text);

/** The value of a series, by some of its labels; undefined if there is none. */
const valueOf = (metrics: Map<string, Metric>, name: string, labels: Record<string, string> = {}, sample = name) =>
  metrics
    .get(name)
    ?.samples.find(
      (one) => one.name === sample && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    )?.value;

async function create(changes: object): Promise<string> {
  const body = aGateway({ factory_id: factory, ...changes });
  const { body: created } = (await service.send('post', '/api/gateways').send(body).expect(201)) as { body: unknown };
  return (created as { id: string }).id;
}

async function reaches(id: string, state: string): Promise<void> {
  await eventually(() => service.get(`/api/gateways/${id}/status`).expect(200, new RegExp(`"state":"${state}"`)));
}

/** One gateway for each way to be, readings of each kind, and a reading on demand. */
beforeAll(async () => {
  certificates = await testCertificates();
  service = await KeyedService.start({ METRICS_TOKEN: TOKEN, METRICS_PER_GATEWAY: 'true', ...FAST_ACQUISITIONS });
  await eventually(() => service.get('/api/health/ready', null).expect(200));
  organization = await service.organization();
  const made = await service
    .send('post', '/api/factories')
    .send({ organization_id: organization, name: FACTORY, timezone: 'America/Chicago' })
    .expect(201);
  factory = (made.body as { id: string }).id;
  const [device, secure, refusing] = await Promise.all([
    aDevice({ samples: 16, answers: { takeMs: 10 } }),
    aDevice({ tls: certificates.valid }),
    aDevice(),
  ]);
  gateways.push(
    await create({ url: device.url }),
    await create({ url: secure.url, tls: { ca: certificates.authority.cert } }),
    await create({ url: refusing.url, password: 'wrong' }),
    await create({}), // Nobody listens there.
  );
  const states = ['connected', 'connected', 'auth_failed', 'reconnecting'];
  await Promise.all(gateways.map((id, index) => reaches(id, states[index] ?? '')));
  await takeReading();
  await eventually(() => expect(device.subscribedConnections).toBe(1));
  device.notify('temp');
  await eventually(async () => {
    const metrics = await read();
    expect(valueOf(metrics, 'gateway_hub_readings_stored_total', { kind: 'temperature' })).toBeGreaterThan(0);
    expect(valueOf(metrics, 'gateway_hub_catch_up_records_total')).toBeGreaterThan(0);
    expect(
      valueOf(metrics, 'gateway_hub_ping_duration_seconds', {}, 'gateway_hub_ping_duration_seconds_count'),
    ).toBeGreaterThan(0);
    expect(metrics.get('gateway_hub_waveforms_bytes')?.samples).toHaveLength(1);
  });
});
afterAll(async () => {
  await service.close();
  await closeDevices();
});

async function takeReading(): Promise<void> {
  const sensor = await eventually(async () => {
    const response = await service.get(`/api/sensors?gateway_id=${gateways[0]}&connection=connected`).expect(200);
    const [first] = (response.body as SensorPageDto).data;
    if (!first) throw new Error('it has reported no sensors yet');
    return first.id;
  });
  const response = await service
    .send('post', `/api/sensors/${sensor}/acquisitions?wait_s=10`)
    .send({ kind: 'battery' });
  expect((response.body as AcquisitionDto).state).toBe('completed');
}

describe('the metrics of a service with gateways', () => {
  it('count the gateways of a factory by state, and name the factory once', async () => {
    const metrics = await read();
    const of = (state: string) => valueOf(metrics, 'gateway_hub_gateways', { factory_id: factory, state });
    expect([of('connected'), of('disconnected'), of('unknown')]).toEqual([2, 0, undefined]);
    expect(valueOf(metrics, 'gateway_hub_gateways_wanted', { factory_id: factory })).toBe(4);
    expect(metrics.get('gateway_hub_factory_info')?.samples).toMatchObject([
      {
        labels: { factory_id: factory, factory: FACTORY, organization: 'Acme', timezone: 'America/Chicago' },
        value: 1,
      },
    ]);
    const expiry = Date.parse(new X509Certificate(certificates.valid.cert).validTo) / 1000;
    expect(valueOf(metrics, 'gateway_hub_tls_certificate_not_after_seconds', { factory_id: factory })).toBe(expiry);
    expect(
      metrics
        .get('gateway_hub_gateway_connected')
        ?.samples.map(({ value }) => value)
        .sort(),
    ).toEqual([0, 0, 1, 1]);
  });

  it('count what has happened to sessions, readings and orders', async () => {
    const metrics = await read();
    const failed = (step: string, code: string) =>
      valueOf(metrics, 'gateway_hub_connection_failures_total', { step, code });
    expect(failed('login', 'login_refused')).toBeGreaterThan(0);
    expect(failed('tcp', 'connect_refused')).toBeGreaterThan(0);
    expect(valueOf(metrics, 'gateway_hub_login_refusals_total')).toBe(1);
    const moved = { from: 'authenticating', to: 'connected' };
    expect(valueOf(metrics, 'gateway_hub_connection_moves_total', moved)).toBe(2);
    const steps = metrics.get('gateway_hub_connect_step_duration_seconds')?.samples ?? [];
    const counts = steps.flatMap(({ name, labels, value }) =>
      name.endsWith('_count') ? [[labels['step'], value]] : [],
    );
    expect(Object.fromEntries(counts)).toMatchObject({ tls: 1, upgrade: 3, login: 2 });
    expect(valueOf(metrics, 'gateway_hub_messages_received_total', { type: 'RTN_LOGIN' })).toBeGreaterThanOrEqual(3);
    expect(valueOf(metrics, 'gateway_hub_messages_received_total', { type: 'NOT_DYN_TEMP' })).toBe(1);
    expect(valueOf(metrics, 'gateway_hub_acquisitions_total', { kind: 'battery', outcome: 'completed' })).toBe(1);
    expect(['ready', 'sessions_held', 'database_up'].map((name) => valueOf(metrics, `gateway_hub_${name}`))).toEqual([
      1, 1, 1,
    ]);
  });

  it('count requests by the template of their route, and those to unknown paths together', async () => {
    const name = 'gateway_hub_http_request_duration_seconds';
    const counted = async (route: string, status: string) =>
      valueOf(await read(), name, { method: 'GET', route, status }, `${name}_count`) ?? 0;
    const route = '/api/gateways/:id/status';
    const before = [await counted(route, '2xx'), await counted('none', '4xx')];
    for (const id of gateways) await service.get(`/api/gateways/${id}/status`).expect(200);
    await service.get(`/api/${gateways[0]}`).expect(404);
    await eventually(async () => {
      const after = [await counted(route, '2xx'), await counted('none', '4xx')];
      expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([gateways.length, 1]);
    });
    const labels = JSON.stringify((await read()).get(name)?.samples.map(({ labels: each }) => each));
    for (const id of gateways) expect(labels).not.toContain(id);
  });

  it('are made once a second, however many ask', async () => {
    // The processor time in them differs each time.
    await eventually(async () => {
      const [first, second] = [(await scrape()).text, (await scrape()).text];
      expect(second).toBe(first);
    });
  });
});

describe('who may read the metrics', () => {
  it('is whoever has the token, and a key that may read everything', async () => {
    expect((await scrape(TOKEN)).headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    await scrape(service.admin);
    await scrape((await service.make({ role: 'viewer' })).secret);
  });

  it.each([
    ['no header', null],
    ['another token', `${TOKEN}x`],
    ['a key that does not exist', 'gwh_AAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ])('is nobody with %s', async (_, key) => {
    const { headers, body } = (await service.get('/metrics', key).expect(401)) as { headers: object; body: unknown };
    expect(body).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    expect(headers).toMatchObject({ 'www-authenticate': expect.stringContaining('Bearer') as string });
  });

  it('SEC-09: is no key of one organization, and none without a scope for what they show', async () => {
    const limited = await service.make({ role: 'admin', organization_id: organization });
    await service.get('/metrics', limited.secret).expect(403, /limited to one/);
    const partial = await service.make({ role: 'viewer', scopes: ['connections:read', 'factories:read'] });
    await service.get('/metrics', partial.secret).expect(403, /missing_scope/);
  });

  it('does not open anything else with the token, nor count it as a key that does not work', async () => {
    for (let count = 0; count < 25; count += 1) await scrape();
    await service.get('/api/me', (await service.make({ role: 'viewer' })).secret).expect(200);
    await service.get('/api/connections', TOKEN).expect(401);
  });
});

describe('docs/metrics.md', () => {
  it('lists every metric with its type and its labels', async () => {
    const text = await readFile(join(root, 'docs/metrics.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `(\w+_\w+)`\s*\| (\w+)\s*\| (.*?)\s*\|/gm)].map(
      ([, name = '', type = '', labels = '']) => [
        name,
        type,
        [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
      ],
    );
    const metrics = await read();
    const real = [...metrics].map(([name, metric]) => [name, metric.type, labelsOf(metric)]);
    // It has no samples, and so no labels, until the first garbage collection.
    const named = (rows: unknown[][]) => rows.filter(([name]) => name !== 'nodejs_gc_duration_seconds');
    expect(named(documented).sort()).toEqual(named(real).sort());
  });
});

describe('the files for Prometheus and Grafana', () => {
  it('name only metrics, labels and states that the service has', async () => {
    const metrics = await read();
    const { panels, templating } = await dashboard();
    const expressions: Shown[] = [
      ...(await alertRules()).map(({ expr, annotations }): Shown => [expr, Object.values(annotations).join(' ')]),
      ...panels.flatMap(({ targets = [] }) => targets.map(({ expr, legendFormat }): Shown => [expr, legendFormat])),
      ...templating.list.flatMap(({ query }): Shown[] => (typeof query === 'string' ? [] : [[query.query, '']])),
    ];
    expect(expressions.length).toBeGreaterThan(60);
    expect(expressions.flatMap((each) => unknownNames(each, metrics))).toEqual([]);
  });

  it('take the data source that is chosen, and no other', async () => {
    const { id, panels, templating } = await dashboard();
    expect(id).toBeNull(); // Grafana gives it one.
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const sources = panels.flatMap(({ type, datasource, targets = [] }) =>
      type === 'row' ? [] : [datasource?.uid, ...targets.map((target) => target.datasource.uid)],
    );
    expect([...new Set(sources)]).toEqual(['${datasource}']);
  });

  it('tell for each alert what to do, under its name in docs/operations.md', async () => {
    const headings = [...(await readFile(join(root, 'docs/operations.md'), 'utf8')).matchAll(/^#+ (.+)$/gm)];
    const anchors = headings.map(
      ([, heading = '']) => `docs/operations.md#${heading.toLowerCase().replace(/ /g, '-')}`,
    );
    for (const { alert, annotations, labels } of await alertRules()) {
      expect(annotations['runbook_url']).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(anchors).toContain(annotations['runbook_url']);
      expect(['critical', 'warning']).toContain(labels['severity']);
    }
  });

  it('are accepted by promtool: metrics, configuration, rules, their tests, and the expressions of the dashboard', async () => {
    if (!(await hasPrometheus())) return;
    const folder = await mkdtemp(join(tmpdir(), 'gateway-hub-metrics-'));
    try {
      const targets = (await dashboard()).panels.flatMap((panel) => panel.targets ?? []);
      const records = targets.map(({ expr }, index) => ({
        record: `panel:${index}`,
        expr: expr.replaceAll('[$__rate_interval]', '[1m]'),
      }));
      await writeFile(join(folder, 'panels.yml'), JSON.stringify({ groups: [{ name: 'panels', rules: records }] }));
      await writeFile(join(folder, 'metrics.txt'), (await scrape()).text);
      const deploy = join(DEPLOY, 'prometheus');
      await run('promtool', ['check', 'config', '--syntax-only', join(deploy, 'prometheus.yml')]);
      await run('promtool', ['check', 'rules', join(deploy, 'alerts.yml'), join(folder, 'panels.yml')]);
      await run('promtool', ['test', 'rules', join(deploy, 'alerts.test.yml')]);
      await run('sh', ['-c', 'promtool check metrics < "$0"', join(folder, 'metrics.txt')]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('work with a real Prometheus, which reads the service and evaluates every alert', async () => {
    if (!(await hasPrometheus())) return;
    const prometheus = await Prometheus.start(service.url, TOKEN);
    try {
      await eventually(async () => {
        expect(await prometheus.query('up{job="gateway-hub"}')).toEqual([1]);
        expect(await prometheus.query('sum(gateway_hub_gateways{state="connected"})')).toEqual([2]);
        const states = (await prometheus.rules()).map(({ name, health, lastError }) => [name, health, lastError]);
        expect(states).toEqual((await alertRules()).map(({ alert }) => [alert, 'ok', undefined]));
        expect(await prometheus.query('ALERTS{alertname="AuthFailed",alertstate="pending"}')).toEqual([1]);
      });
    } finally {
      await prometheus.stop();
    }
  });
});
