import { Client } from 'pg';
import supertest from 'supertest';
import type { ConnectionEventPageDto } from '../../src/history/connection-event.dto';
import type { ConnectionTimelineDto } from '../../src/history/connection-timeline.dto';
import { ConnectionEventsRepository } from '../../src/history/connection-events.repository';
import type { ConnectionPageDto } from '../../src/status/connection-status.dto';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway } from '../support/builders';
import type { CreatedGateway } from '../support/builders';
import { start, startTestApp } from '../support/create-app';
import type { TestApp, Variables } from '../support/create-app';
import { eventually } from '../support/eventually';
import { aChange } from '../support/events';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const FIRST_CONNECTION = ['disconnected → connecting', 'connecting → authenticating', 'authenticating → connected'];
const RECONNECTION = [
  'connected → reconnecting',
  'reconnecting → connecting',
  'connecting → authenticating',
  'authenticating → connected',
];

const devices: SimulatedGateway[] = [];
let hub: TestApp;
let factory: { id: string };

function useHub(variables: Variables = {}): void {
  beforeAll(async () => {
    hub = await startTestApp({ CLOSE_TIMEOUT_MS: '3000', ...variables });
    factory = await createFactory(hub.http);
  });
  afterEach(async () => {
    await deleteAll();
    await Promise.all(devices.splice(0).map((device) => device.close()));
  });
  afterAll(() => hub.close());
}

/** Nobody may dial the port of a device that is gone: the next device to get it belongs to another test. */
async function deleteAll(): Promise<void> {
  const page = (await hub.http.get('/api/connections?limit=100').expect(200)).body as ConnectionPageDto;
  await Promise.all(page.data.map(({ id }) => hub.http.delete(`/api/gateways/${id}`).expect(204)));
}

async function aDevice(): Promise<SimulatedGateway> {
  const device = await SimulatedGateway.listen();
  devices.push(device);
  return device;
}

function anIdleGateway(): Promise<CreatedGateway> {
  return createGateway(hub.http, factory, null, { desired_state: 'disconnected' });
}

async function aConnectedGateway(device: SimulatedGateway): Promise<CreatedGateway> {
  const gateway = await createGateway(hub.http, factory, device);
  await reaches(gateway, { state: 'connected' });
  return gateway;
}

async function reaches({ id }: { id: string }, expected: object): Promise<void> {
  await eventually(async () => {
    const { body } = (await hub.http.get(`/api/gateways/${id}/status`).expect(200)) as { body: object };
    expect(body).toMatchObject(expected);
  });
}

async function eventsOf({ id }: { id: string }, query = '', http = hub.http): Promise<ConnectionEventPageDto> {
  return (await http.get(`/api/gateways/${id}/events${query}`).expect(200)).body as ConnectionEventPageDto;
}

/** What happened to a gateway, the oldest first. */
async function changesOf(gateway: { id: string }): Promise<string[]> {
  const { data } = await eventsOf(gateway, '?limit=100');
  return data.map(({ from, to }) => `${from} → ${to}`).reverse();
}

const sum = (seconds: Readonly<Record<string, number>>) => Object.values(seconds).reduce((a, b) => a + b, 0);
const eventsRepository = () => hub.app.get(ConnectionEventsRepository);

describe('the history of a connection', () => {
  useHub();

  it('lists every state change, newest first, with its time and reason', async () => {
    const device = await aDevice();
    const gateway = await aConnectedGateway(device);
    device.drop(1001);
    await reaches(gateway, { state: 'connected', reconnects: 1 });

    const { data, pagination } = await eventsOf(gateway);

    expect(pagination).toEqual({ next_cursor: null, limit: 20 });
    expect(data.map(({ from, to }) => `${from} → ${to}`).reverse()).toEqual([...FIRST_CONNECTION, ...RECONNECTION]);
    expect(data[3]).toEqual({
      id: expect.any(String) as string,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      first_at: data[3]?.at,
      from: 'connected',
      to: 'reconnecting',
      reason: {
        code: 'closed_by_gateway',
        step: 'live',
        message: expect.stringContaining('1001') as string,
      },
      attempt: 1,
      count: 1,
    });
    expect(data[0]).toMatchObject({ reason: null });
    const times = data.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().reverse());
  });

  it('contains the state change of an order as soon as the order is answered', async () => {
    const gateway = await aConnectedGateway(await aDevice());
    await hub.http.post(`/api/gateways/${gateway.id}/disconnect`).expect(202);
    expect(await changesOf(gateway)).toEqual([...FIRST_CONNECTION, 'connected → disconnected']);
  });

  it('is empty for a gateway without state changes', async () => {
    expect(await eventsOf(await anIdleGateway())).toEqual({ data: [], pagination: { next_cursor: null, limit: 20 } });
  });

  it('is paged by cursor, with each event once, even while new ones arrive', async () => {
    const gateway = await anIdleGateway();
    const rows = Array.from({ length: 25 }, () => aChange(gateway.id));
    await eventsRepository().store(rows);

    const seen: string[] = [];
    const sizes: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { data, pagination } = await eventsOf(gateway, `?limit=10${cursor && `&cursor=${cursor}`}`);
      seen.push(...data.map(({ id }) => id));
      sizes.push(data.length);
      cursor = pagination.next_cursor;
      for (const order of ['connect', 'disconnect']) {
        await hub.http.post(`/api/gateways/${gateway.id}/${order}`).expect(202);
      }
    }

    expect(sizes).toEqual([10, 10, 5]);
    expect(seen).toEqual(rows.map(({ id }) => id).reverse());
    const newest = await eventsOf(gateway, '?limit=100');
    expect(newest.data.length).toBeGreaterThan(25);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['cursor=', 'cursor'],
    ['cursor=not-a-cursor', 'cursor'],
    [`cursor=${NOBODY}`, 'cursor'],
    ['cursor=AAAAAAAAAAAAAAAAAAAAAB', 'cursor'], // As long as one, and no way to write one.
    ['cursor=AAAAAAAAAAAAAAAAAAAAAA&cursor=AAAAAAAAAAAAAAAAAAAAAA', 'cursor'],
    ['offset=0', 'offset'],
    ['reason_code=', 'reason_code.0'],
    ['reason_code=moved&reason_code=tired', 'reason_code.1'],
  ])('API-05: rejects ?%s, naming %s', async (query, path) => {
    const { id } = await anIdleGateway();
    const answer = await hub.http.get(`/api/gateways/${id}/events?${query}`).expect(400);
    expect(answer.body).toMatchObject({ error: { code: 'VALIDATION_ERROR', details: [{ path }] } });
  });

  it('is limited to reasons, page by page', async () => {
    const gateway = await anIdleGateway();
    const codes = ['login_refused', 'dns_failed', 'connect_timeout', 'login_refused'] as const;
    const rows = codes.map((code) => aChange(gateway.id, { reason: { code, step: 'login', message: 'm' } }));
    await eventsRepository().store([...rows, aChange(gateway.id)]);
    const idsOf = ({ data }: ConnectionEventPageDto) => data.map(({ id }) => id);
    const [refused, , timeout, refusedAgain] = rows.map(({ id }) => id);

    expect(idsOf(await eventsOf(gateway, '?reason_code=login_refused'))).toEqual([refusedAgain, refused]);
    expect(idsOf(await eventsOf(gateway, '?reason_code=moved'))).toEqual([]);
    const both = 'reason_code=login_refused&reason_code=connect_timeout&limit=2';
    const first = await eventsOf(gateway, `?${both}`);
    expect(idsOf(first)).toEqual([refusedAgain, timeout]);
    expect(idsOf(await eventsOf(gateway, `?${both}&cursor=${first.pagination.next_cursor ?? ''}`))).toEqual([refused]);
  });

  it('is added up to a timeline, from the state at its beginning on', async () => {
    const gateway = await anIdleGateway();
    const start = Date.now();
    const ago = (minutes: number) => new Date(start - minutes * 60_000);
    await eventsRepository().store([
      aChange(gateway.id, { to: 'connected', at: ago(170) }),
      aChange(gateway.id, { to: 'reconnecting', firstAt: ago(50), at: ago(45), count: 12 }),
      aChange(gateway.id, { to: 'connected', at: ago(20) }),
    ]);
    const timelineOf = async (query: string) =>
      (await hub.http.get(`/api/gateways/${gateway.id}/timeline?${query}`).expect(200)).body as ConnectionTimelineDto;

    const { from, to, part_s: length, data } = await timelineOf('hours=4&parts=4');
    expect([Date.parse(to) - Date.parse(from), length]).toEqual([4 * HOUR_MS, 3600]);
    expect(data.map(({ at }) => (Date.parse(at) - Date.parse(from)) / HOUR_MS)).toEqual([0, 1, 2, 3]);
    // Nothing is known of the time before the first event.
    expect(data.map(({ seconds }) => seconds.reconnecting)).toEqual([0, 0, 0, expect.closeTo(1800, 2)]);
    const connected = data.reduce((sum, { seconds }) => sum + seconds.connected, 0);
    expect(connected).toBeCloseTo((Date.parse(to) - ago(170).getTime()) / 1000 - 1800, 1);
    for (const { seconds } of data.slice(2)) expect(sum(seconds)).toBeCloseTo(3600, 2);

    const [earlier, later] = (await timelineOf('hours=2&parts=2')).data;
    expect(earlier?.seconds).toMatchObject({ connected: expect.closeTo(3600, 2) as number });
    expect(later?.seconds).toMatchObject({ reconnecting: expect.closeTo(1800, 2) as number, disconnected: 0 });
    await hub.http.get(`/api/gateways/${NOBODY}/timeline`).expect(404, /GATEWAY_NOT_FOUND/);
    await hub.http.get(`/api/gateways/${gateway.id}/timeline?parts=501`).expect(400, /parts/);
  });

  it('is 404 for an unknown or deleted gateway, and 400 for an invalid id', async () => {
    const gateway = await aConnectedGateway(await aDevice());
    await hub.http.delete(`/api/gateways/${gateway.id}`).expect(204);
    for (const id of [gateway.id, NOBODY]) {
      await hub.http.get(`/api/gateways/${id}/events`).expect(404, /GATEWAY_NOT_FOUND/);
    }
    await hub.http.get('/api/gateways/7/events').expect(400, /VALIDATION_ERROR/);
  });

  it('is also available from a service that does not hold the sessions', async () => {
    const gateway = await aConnectedGateway(await aDevice());
    expect(await changesOf(gateway)).toEqual(FIRST_CONNECTION);
    const second = await start(hub.database);
    try {
      const http = supertest.agent(await second.getUrl());
      await http.get(`/api/gateways/${gateway.id}/status`).expect(503);
      expect((await eventsOf(gateway, '', http)).data).toHaveLength(3);
    } finally {
      await second.close();
    }
  });

  it('contains what happened just before a shutdown, but not the shutdown, which was no order', async () => {
    const device = await aDevice();
    const gateway = await aConnectedGateway(device);
    await hub.restart();
    await reaches(gateway, { state: 'connected' });
    expect(await changesOf(gateway)).toEqual([...FIRST_CONNECTION, ...FIRST_CONNECTION]);
  });

  it('loses events older than the retention period when a service starts', async () => {
    const gateway = await anIdleGateway();
    const [old, young] = [31, 29].map((days) => aChange(gateway.id, { at: new Date(Date.now() - days * DAY_MS) }));
    if (!old || !young) throw new Error('no rows');
    await eventsRepository().store([old, young]);
    await hub.restart();
    await eventually(async () => {
      expect((await eventsOf(gateway)).data.map(({ id }) => id)).toEqual([young.id]);
    });
  });
});

describe('a gateway that flaps', () => {
  useHub({ RECONNECT_MIN_MS: '10', RECONNECT_MAX_MS: '10' });

  it('gets ten events in a minute, and then one more with a growing count', async () => {
    const device = await aDevice();
    await device.stopListening();
    const gateway = await createGateway(hub.http, factory, device);

    const counts = await eventually(async () => {
      const { data } = await eventsOf(gateway);
      expect(data[0]?.count).toBeGreaterThan(20);
      return data.map(({ count }) => count);
    });
    expect(counts.slice(1)).toEqual(Array<number>(10).fill(1));
    await device.startListening();
    await reaches(gateway, { state: 'connected' });

    const { data } = await eventsOf(gateway);
    expect(data).toHaveLength(11);
    expect(data[0]?.count).toBeGreaterThan(counts[0] ?? 0);
    expect(data[0]).toMatchObject({ from: data[1]?.to, to: 'connected', reason: null });
    expect(Date.parse(data[0]?.first_at ?? '')).toBeLessThan(Date.parse(data[0]?.at ?? ''));
  });
});

describe('while the database is unavailable', () => {
  useHub();
  let admin: Client;

  beforeAll(async () => {
    const url = new URL(hub.database.url);
    url.pathname = '/postgres';
    admin = new Client({ connectionString: url.href });
    await admin.connect();
  });
  afterAll(() => admin.end());

  async function allowConnections(isAllowed: boolean): Promise<void> {
    await admin.query(`ALTER DATABASE ${hub.database.name} ALLOW_CONNECTIONS ${isAllowed}`);
  }

  it('events are kept in memory, and stored when it is back', async () => {
    const device = await aDevice();
    const gateway = await aConnectedGateway(device);
    await allowConnections(false);
    try {
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
        hub.database.name,
      ]);
      device.drop();
      await reaches(gateway, { state: 'connected', reconnects: 1 });
      await hub.http.get(`/api/gateways/${gateway.id}/events`).expect(500, /INTERNAL_ERROR/);
    } finally {
      await allowConnections(true);
    }

    await eventually(async () => expect(await changesOf(gateway)).toEqual([...FIRST_CONNECTION, ...RECONNECTION]));
    await eventually(() => hub.http.get('/api/health/ready').expect(200));
  });
});
