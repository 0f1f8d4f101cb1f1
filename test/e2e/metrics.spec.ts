import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import type { AcquisitionDto } from '../../src/acquisitions/acquisition.dto';
import type { SensorPageDto } from '../../src/sensors/sensor.dto';
import { FAST_ACQUISITIONS } from '../support/acquisitions';
import { aGateway } from '../support/builders';
import { testCertificates } from '../support/certificates';
import type { TestCertificates } from '../support/certificates';
import { eventually } from '../support/eventually';
import { parseExposition } from '../support/exposition';
import type { Metric } from '../support/exposition';
import { aDevice, closeDevices } from '../support/hub';
import { KeyedService } from '../support/keyed-service';
import { namesIn } from '../support/promql';
import type { Used } from '../support/promql';

const TOKEN = 'a-token-for-the-metrics-of-this-test';
const FACTORY = 'Springfield "north" \\ Halle 3';
const root = resolve(__dirname, '../..');
const run = promisify(execFile);

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
    const real = [...metrics].map(([name, { type, samples }]) => [name, type, labelsOf(samples)]);
    // It has no samples, and so no labels, until the first garbage collection.
    const named = (rows: unknown[][]) => rows.filter(([name]) => name !== 'nodejs_gc_duration_seconds');
    expect(named(documented).sort()).toEqual(named(real).sort());
  });
});

const labelsOf = (samples: Metric['samples']) =>
  [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))].filter((label) => label !== 'le').sort();

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

async function rules(): Promise<Rule[]> {
  const text = await readFile(join(root, 'deploy/prometheus/alerts.yml'), 'utf8');
  return (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
}

interface Panel {
  readonly title: string;
  readonly targets?: { expr: string; legendFormat: string }[];
}

/** The expressions of the dashboard, with the labels in their legends as if they were used in them. */
async function dashboard(): Promise<{ title: string; expr: string; legend: string }[]> {
  const { panels, id } = JSON.parse(await readFile(join(root, 'deploy/grafana/gateway-hub.json'), 'utf8')) as {
    id: null;
    panels: Panel[];
  };
  expect(id).toBeNull(); // Grafana gives it one.
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat: legend }) => ({ title, expr, legend })),
  );
}

/** What an expression names and the service does not have. Prometheus adds `job` and `instance`. */
function missing({ name, labels, values }: Used, metrics: ReadonlyMap<string, Metric>): string[] {
  if (name === 'up') return [];
  const owner = metrics.get(name.replace(/_(bucket|sum|count)$/, '')) ?? metrics.get(name);
  if (!owner || owner.samples.length === 0) return [name];
  const known = [...labelsOf(owner.samples), 'job', 'instance', ...(name.endsWith('_bucket') ? ['le'] : [])];
  const unknown = labels.filter((label) => !known.includes(label)).map((label) => `${name}{${label}}`);
  const absent = Object.entries(values).filter(
    ([label, value]) => label !== 'job' && !owner.samples.some(({ labels: each }) => each[label] === value),
  );
  return [...unknown, ...absent.map(([label, value]) => `${name}{${label}="${value}"}`)];
}

describe('the files for Prometheus and Grafana', () => {
  it('name only metrics, labels and states that the service has', async () => {
    const metrics = await read();
    const expressions = [
      ...(await rules()).map(({ expr, annotations }) => [expr, Object.values(annotations).join(' ')]),
      ...(await dashboard()).map(({ expr, legend }) => [expr, legend]),
    ];
    expect(expressions.length).toBeGreaterThan(60);
    const problems = expressions.flatMap(([expr = '', text = '']) => {
      const { used, shown } = namesIn(expr, text);
      const known = new Set(
        used.flatMap(({ name }) => labelsOf(metrics.get(name.replace(/_(bucket|sum|count)$/, ''))?.samples ?? [])),
      );
      const unknown = shown.filter((label) => !known.has(label) && !['job', 'instance', 'le'].includes(label));
      return [...used.flatMap((each) => missing(each, metrics)), ...unknown.map((label) => `${label} in ${expr}`)];
    });
    expect(problems).toEqual([]);
  });

  it('tell for each alert what to do, under its name in docs/operations.md', async () => {
    const headings = [...(await readFile(join(root, 'docs/operations.md'), 'utf8')).matchAll(/^#+ (.+)$/gm)];
    const anchors = headings.map(
      ([, heading = '']) => `docs/operations.md#${heading.toLowerCase().replace(/ /g, '-')}`,
    );
    for (const { alert, annotations, labels } of await rules()) {
      expect(annotations['runbook_url']).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(anchors).toContain(annotations['runbook_url']);
      expect(['critical', 'warning']).toContain(labels['severity']);
    }
  });

  it('are accepted by promtool: metrics, configuration, rules, their tests, and the expressions of the dashboard', async () => {
    if (!(await hasPromtool())) return;
    const folder = await mkdtemp(join(tmpdir(), 'gateway-hub-metrics-'));
    try {
      const records = (await dashboard()).map(({ expr }, index) => ({
        record: `panel:${index}`,
        expr: expr.replace(/\[\$__rate_interval\]/g, '[1m]'),
      }));
      await writeFile(join(folder, 'panels.yml'), JSON.stringify({ groups: [{ name: 'panels', rules: records }] }));
      await writeFile(join(folder, 'metrics.txt'), (await scrape()).text);
      const deploy = join(root, 'deploy/prometheus');
      await run('promtool', ['check', 'config', '--syntax-only', join(deploy, 'prometheus.yml')]);
      await run('promtool', ['check', 'rules', join(deploy, 'alerts.yml'), join(folder, 'panels.yml')]);
      await run('promtool', ['test', 'rules', join(deploy, 'alerts.test.yml')]);
      await run('sh', ['-c', 'promtool check metrics < "$0"', join(folder, 'metrics.txt')]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** @throws Error if there is none in CI */
async function hasPromtool(): Promise<boolean> {
  try {
    await run('promtool', ['--version']);
    return true;
  } catch {
    const line = 'promtool was not found: it is in the Debian package `prometheus`';
    if (process.env['CI'] === 'true') throw new Error(line);
    process.stderr.write(`Skipped a test: ${line}\n`);
    return false;
  }
}
