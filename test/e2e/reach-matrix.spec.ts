import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { Client as Sql, escapeIdentifier } from 'pg';
import type { CompletenessDto } from '../../src/readings/catch-up/completeness.dto';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { Client } from '../fuzz/client';
import type { Answer } from '../fuzz/client';
import { operationsOf } from '../fuzz/document';
import type { Document, Operation } from '../fuzz/document';
import { filled } from '../fuzz/rows';
import { valid } from '../fuzz/schema-values';
import { aGateway } from '../support/builders';
import { EventStream } from '../support/event-stream';
import { queryDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { aDevice, closeDevices } from '../support/hub';
import { KeyedService } from '../support/keyed-service';
import { storeReadings } from '../support/readings';
import { aRecord, aWave } from '../integration/support/readings';

/** Columns that change although nobody changes the row. */
const VOLATILE = ['last_seen_at', 'last_used_at', 'last_used_address'];

/** The ids of an organization and of one row of each kind that belongs to it. */
interface Property {
  readonly organization: string;
  readonly factory: string;
  readonly gateway: string;
  readonly sensor: string;
  /** A vibration reading of the sensor. */
  readonly reading: string;
  /** Of the history of the gateway. */
  readonly backfill: string;
  /** Of the sensor. It fails, because the gateway does not know the sensor. */
  readonly acquisition: string;
  /** Of the sensor. It is not enabled. */
  readonly schedule: string;
  /** Of the key, which an admin of the organization has. */
  readonly key: string;
}

let service: KeyedService;
let device: SimulatedGateway;
let client: Client;
let operations: readonly Operation[];
let theirs: Property;
let ours: Property;
/** The key of our admin. */
let secret: string;

beforeAll(async () => {
  service = await KeyedService.start();
  device = await aDevice();
  client = new Client(service.url);
  operations = operationsOf((await service.get('/docs-json', null).expect(200)).body as Document);
  await eventually(() => service.get('/api/health/ready').expect(200));
  ({ property: theirs } = await create(await service.organization('Theirs')));
  ({ property: ours, secret } = await create(await service.organization('Ours')));
  for (const property of [theirs, ours]) await toBeAtRest(property);
});

afterAll(async () => {
  client.close();
  await service.close();
  await closeDevices();
});

describe('SEC-09: rows of another organization are absent', () => {
  it('from every list, with any filter, and from the totals', async () => {
    const lists = operations.filter(({ parameters, path }) => hasQuery(parameters, 'limit') && !path.includes('{'));
    expect(lists.length).toBeGreaterThan(5);
    for (const { path, parameters } of lists) {
      expect([path, idsIn((await request('GET', path, service.admin)).text, theirs)]).not.toEqual([path, []]);
      for (const query of filtersFor(theirs).filter(([name]) => name === '' || hasQuery(parameters, name))) {
        const { status, text } = await request('GET', query[0] === '' ? path : `${path}?${query.join('=')}`);
        expect([path, query, status, idsIn(text, theirs)]).toEqual([path, query, 200, []]);
        const { data, pagination } = JSON.parse(text) as { data: unknown[]; pagination?: { total?: number } };
        expect([path, query, pagination?.total ?? data.length]).toEqual([path, query, data.length]);
        if (query[0] !== '') expect([path, query, data]).toEqual([path, query, []]);
      }
    }
  });

  it('from the counts', async () => {
    const counts = async (key: string) => {
      const { connections } = JSON.parse((await request('GET', '/api/health', key)).text) as {
        connections: Record<string, number>;
      };
      return Object.values(connections).reduce((sum, count) => sum + count, 0);
    };
    expect([await counts(secret), await counts(service.admin)]).toEqual([1, 2]);
    const summary = async (key: string, query = '') =>
      (JSON.parse((await request('GET', `/api/fleet/summary${query}`, key)).text) as { total: number }).total;
    expect([await summary(secret), await summary(service.admin)]).toEqual([1, 2]);
    expect(await summary(secret, `?organization_id=${theirs.organization}`)).toBe(0);
    expect(await summary(secret, `?factory_id=${theirs.factory}`)).toBe(0);
  });
});

it('SEC-09: every operation with an id of another organization answers as if the row did not exist, and changes nothing', async () => {
  const withId = operations.filter(({ path }) => path.includes('{'));
  expect(withId.length).toBeGreaterThan(15);
  const before = await contents();
  for (const operation of withId) {
    const answer = await send(operation, theirs);
    // Only callers of the whole installation may change organizations, whatever the id.
    const expected = operation.scope === 'organizations:write' ? 403 : 404;
    expect([operation.id, answer.status]).toEqual([operation.id, expected]);
    const nowhere = aNowhere();
    const toNowhere = await send(operation, nowhere);
    expect(withoutIds(answer.text, theirs)).toBe(withoutIds(toNowhere.text, nowhere));
  }
  expect(await contents()).toEqual(before);
});

it('SEC-09: a row cannot be created in, or moved to, another organization', async () => {
  const before = await contents();
  const rule = { kind: 'battery', name: 'x', max_age_s: 3600, daily_budget: 1 };
  const bodies = ({ organization, factory, gateway, sensor }: Property): [string, string, object][] => [
    ['POST', '/api/factories', { organization_id: organization, name: 'x' }],
    ['POST', '/api/gateways', { ...aGateway({ factory_id: factory }) }],
    ['PUT', `/api/gateways/${ours.gateway}`, { factory_id: factory }],
    ['POST', '/api/keys', { name: 'x', organization_id: organization, role: 'viewer' }],
    ['POST', '/api/schedules', { ...rule, target: { type: 'factory', id: factory } }],
    ['POST', '/api/schedules', { ...rule, target: { type: 'gateway', id: gateway } }],
    ['POST', '/api/schedules', { ...rule, target: { type: 'sensor', id: sensor } }],
  ];
  const nowhere = aNowhere();
  const unknown = bodies(nowhere);
  for (const [index, [method, target, body]] of bodies(theirs).entries()) {
    const answer = await request(method, target, secret, body);
    expect([target, answer.status]).toEqual([target, 422]);
    const toNowhere = await request(method, target, secret, unknown[index]?.[2]);
    expect(withoutIds(answer.text, theirs)).toBe(withoutIds(toNowhere.text, nowhere));
  }
  expect(await contents()).toEqual(before);
});

it('SEC-09: an order for many gateways leaves out those of another organization, and changes only the others', async () => {
  const ids = [theirs.gateway, ours.gateway];
  for (const action of ['disconnect', 'connect']) {
    const { status, text } = await request('POST', '/api/connections/actions', secret, { action, ids });
    const failed = [{ id: theirs.gateway, code: 'GATEWAY_NOT_FOUND' }];
    expect([status, JSON.parse(text)]).toEqual([202, { accepted: [ours.gateway], failed }]);
  }
  const { body } = (await service.get(`/api/audit?object_id=${theirs.gateway}`).expect(200)) as { body: unknown };
  expect(JSON.stringify(body)).not.toContain('gateway.disconnect');
  await eventually(async () =>
    expect((await service.get(`/api/gateways/${ours.gateway}/status`)).body).toMatchObject({ state: 'connected' }),
  );
});

it('SEC-10: the stream, also a resumed one, has no state changes of another organization', async () => {
  const [stream, theirStream] = [await open('?include=gateways'), await open(`?include=gateways&id=${theirs.gateway}`)];
  const from = stream.lastId;
  for (const { gateway } of [theirs, ours]) {
    await service.send('post', `/api/gateways/${gateway}/disconnect`).expect(202);
    await eventually(async () =>
      expect((await service.get(`/api/gateways/${gateway}/status`)).body).toMatchObject({ state: 'disconnected' }),
    );
  }
  const resumed = await open('?include=gateways', from);
  // Ours comes later: when it has arrived, the other one would have, too.
  for (const each of [stream, resumed]) {
    await eventually(() => expect(idsOf(each)).toContain(ours.gateway));
    expect(idsOfEvents(each)).toContain(ours.gateway); // Among them the change of its desired state.
    expect(idsOfEvents(each)).not.toContain(theirs.gateway);
  }
  expect(idsOfEvents(theirStream)).toEqual([]);
  for (const each of [stream, theirStream, resumed]) each.close();
});

it('SEC-10: the stream of readings, also a resumed one, has no readings of another organization', async () => {
  const openReadings = (query = '', from?: string) =>
    EventStream.open(service, query, from, secret, '/api/readings/stream');
  const [stream, theirStream] = [await openReadings(), await openReadings(`?sensor_id=${theirs.sensor}`)];
  const from = stream.lastId;
  const before = await contents();
  const records = [theirs, ours].map(({ gateway }) =>
    aRecord(gateway, { kind: 'vibration', axes: { x: aWave() }, recordId: 99 }),
  );
  const [, oursStored] = await storeReadings(service.app, records);
  expect(await contents()).not.toEqual(before);
  const resumed = await openReadings('', from);
  for (const each of [stream, resumed]) {
    await eventually(() => expect(idsOfEvents(each)).toEqual([oursStored?.id]));
  }
  expect(idsOfEvents(theirStream)).toEqual([]);
  for (const each of [stream, theirStream, resumed]) each.close();
});

// Last, for it changes what the others compare.
it('SEC-09: the same operations find the rows of the own organization', async () => {
  for (const operation of operations.filter(({ path }) => path.includes('{'))) {
    const { property } = await create(ours.organization);
    const { status } = await send(operation, property);
    expect([operation.id, status === 404]).toEqual([operation.id, false]);
  }
});

function open(query = '', lastEventId?: string): Promise<EventStream> {
  return EventStream.open(service, query, lastEventId, secret);
}

function idsOfEvents({ events }: EventStream): string[] {
  return events.map(({ data }) => (JSON.parse(data ?? '') as { id: string }).id);
}

function idsOf({ statuses }: EventStream): string[] {
  return statuses.map(({ id }) => id);
}

/** A factory, a gateway, a sensor and a key of an organization. */
async function create(organization: string): Promise<{ property: Property; secret: string }> {
  const factory = await service.factory(organization);
  const body = aGateway({ factory_id: factory, url: `${device.url}/${factory}` });
  const created = await service.send('post', '/api/gateways').send(body).expect(201);
  const { id: gateway } = created.body as { id: string };
  const made = await service.make({ role: 'admin', organization_id: organization });
  const [stored] = await storeReadings(service.app, [aRecord(gateway, { kind: 'vibration', axes: { x: aWave() } })]);
  if (!stored) throw new Error('no reading was stored');
  const days = { from: '2026-01-01', to: '2026-01-31' };
  const ordered = await service.send('post', `/api/gateways/${gateway}/backfills`).send(days).expect(202);
  const { id: backfill } = ordered.body as { id: string };
  const order = { kind: 'battery', expires_in_s: 3600 };
  const waiting = await service.send('post', `/api/sensors/${stored.sensorId}/acquisitions`).send(order).expect(202);
  const { id: acquisition } = waiting.body as { id: string };
  const target = { type: 'sensor', id: stored.sensorId };
  const rule = { target, kind: 'battery', name: 'Daily', max_age_s: 86_400, daily_budget: 2, enabled: false };
  const { id: schedule } = (await service.send('post', '/api/schedules').send(rule).expect(201)).body as { id: string };
  await queryDatabase(
    service.database,
    `UPDATE acquisitions SET schedule_id = '${schedule}' WHERE id = '${acquisition}'`,
  );
  const rows = { sensor: stored.sensorId, reading: stored.id, backfill, acquisition, schedule, key: made.id };
  const property = { organization, factory, gateway, ...rows };
  return { property, secret: made.secret };
}

/** Waits until a gateway is connected, its history is fetched and no order is open, and until both are in the database, so that nothing changes by itself. */
function toBeAtRest({ gateway, backfill, acquisition }: Property): Promise<void> {
  return eventually(async () => {
    const { body } = (await service.get(`/api/gateways/${gateway}/events`)) as { body: { data: { to: string }[] } };
    expect(body.data[0]?.to).toBe('connected');
    const sensors = (await service.get(`/api/sensors?gateway_id=${gateway}&listed=true`)) as {
      body: { data: object[] };
    };
    expect(sensors.body.data).not.toEqual([]); // Its inventory is stored.
    const order = await service.get(`/api/backfills/${backfill}`).expect(200);
    expect(order.body).toMatchObject({ state: 'completed' });
    const measurement = await service.get(`/api/acquisitions/${acquisition}`).expect(200);
    expect(measurement.body).toMatchObject({ state: 'failed' });
    const { body: history } = (await service.get(`/api/gateways/${gateway}/completeness`)) as { body: CompletenessDto };
    expect(history.kinds.filter(({ statement }) => ['unknown', 'catching_up'].includes(statement))).toEqual([]);
  });
}

/** Ids that no row has. */
function aNowhere(): Property {
  const nowhere = randomUUID();
  const ids = {
    organization: nowhere,
    factory: nowhere,
    gateway: nowhere,
    sensor: nowhere,
    backfill: nowhere,
    acquisition: nowhere,
    schedule: nowhere,
    key: nowhere,
  };
  return { ...ids, reading: '2026-05-21-999999999999' };
}

function hasQuery(parameters: Operation['parameters'], name: string): boolean {
  return parameters.some((each) => each.in === 'query' && each.name === name);
}

/** Filters that select the rows of a property; the first one is none. */
function filtersFor({
  organization,
  factory,
  gateway,
  sensor,
  schedule,
  key,
}: Property): [name: string, value: string][] {
  return [
    ['', ''],
    ['search', 'Theirs'],
    ['organization_id', organization],
    ['factory_id', factory],
    ['id', factory],
    ['id', gateway],
    ['gateway_id', gateway],
    ['sensor_id', sensor],
    ['schedule_id', schedule],
    ['object_id', gateway],
    ['object_id', sensor],
    ['object_id', organization],
    ['actor_id', key],
  ];
}

function idsIn(text: string, property: Property): string[] {
  return idsOfRows(property).filter((id) => text.includes(id));
}

function withoutIds(text: string, property: Property): string {
  return idsOfRows(property).reduce((rest, id) => rest.replaceAll(id, 'ID'), text);
}

function idsOfRows(property: Property): string[] {
  const { organization, factory, gateway, sensor, reading, backfill, acquisition, schedule, key } = property;
  return [organization, factory, gateway, sensor, reading, backfill, acquisition, schedule, key];
}

/** A request of our admin as declared, with the id of a property in the path, and ours in the body. */
function send({ method, path, parameters, body }: Operation, property: Property): Promise<Answer> {
  const { organization, factory, gateway, sensor, reading, backfill, acquisition, schedule, key } = property;
  const rows = {
    organization: [ours.organization],
    factory: [ours.factory],
    gateway: [ours.gateway],
    sensor: [ours.sensor],
    reading: [ours.reading],
    backfill: [ours.backfill],
    acquisition: [ours.acquisition],
    schedule: [ours.schedule],
    key: [ours.key],
    unknown: [ours.factory],
    device: [device.url],
    ...{ secret: [''], world: [''] },
  };
  const ids: Readonly<Record<string, string>> = {
    organizations: organization,
    factories: factory,
    gateways: gateway,
    sensors: sensor,
    readings: reading,
    backfills: backfill,
    acquisitions: acquisition,
    schedules: schedule,
    keys: key,
  };
  const [value] = body ? fc.sample(valid(body.schema), { numRuns: 1, seed: 1 }) : [];
  const sent = value === undefined ? undefined : (JSON.parse(filled(JSON.stringify(value), rows)) as object);
  const id = ids[path.split('/')[2] ?? ''];
  if (id === undefined) throw new Error(`${path} has an id of another kind`);
  const needed = parameters.filter(({ in: place, required }) => place === 'query' && required === true);
  const query = needed.map(({ name, schema }) => {
    const [text] = fc.sample(valid(schema, name), { numRuns: 1, seed: 1 });
    return `${name}=${encodeURIComponent(String(text))}`;
  });
  const target = [path.replace(/\{\w+\}/, id), ...(query.length === 0 ? [] : [query.join('&')])].join('?');
  return request(method, target, secret, sent);
}

function request(method: string, target: string, key = secret, body?: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return client.send({ method, target, headers, body: body === undefined ? null : Buffer.from(JSON.stringify(body)) });
}

/** A digest of every table. Refused requests are recorded: that a caller lacks a scope does not depend on the row. */
async function contents(): Promise<Record<string, string>> {
  const sql = new Sql({ connectionString: service.database.url });
  await sql.connect();
  try {
    const { rows } = await sql.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['api_keys', 'audit_log', 'gateways']));
    const digests: Record<string, string> = {};
    for (const { name } of rows) {
      const query =
        `SELECT md5(coalesce(string_agg((content - $1::text[])::text, '' ORDER BY content::text), '')) AS digest ` +
        `FROM (SELECT to_jsonb(row) AS content FROM ${escapeIdentifier(name)} AS row) AS rows ` +
        `WHERE content ->> 'action' IS DISTINCT FROM 'auth.refused'`;
      digests[name] = (await sql.query<{ digest: string }>(query, [VOLATILE])).rows[0]?.digest ?? '';
    }
    return digests;
  } finally {
    await sql.end();
  }
}
