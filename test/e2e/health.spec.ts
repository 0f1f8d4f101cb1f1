import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from 'pg';
import supertest from 'supertest';
import { version } from '../../package.json';
import { DatabaseProbe } from '../../src/database/database-probe';
import type { HealthDto } from '../../src/health/health.dto';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway } from '../support/builders';
import type { CreatedGateway } from '../support/builders';
import { Retention } from '../../src/readings/retention/retention';
import { start, startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { eventually } from '../support/eventually';
import { SHORT_HISTORY } from '../support/short-history';

let service: TestApp;
let device: SimulatedGateway;
let online: CreatedGateway;

beforeAll(async () => {
  service = await startTestApp();
  device = await SimulatedGateway.listen(SHORT_HISTORY);
  const factory = await createFactory(service.http);
  online = await createGateway(service.http, factory, device);
  for (let i = 0; i < 2; i += 1) await createGateway(service.http, factory, null, { desired_state: 'disconnected' });
  await eventually(() => service.http.get(`/api/gateways/${online.id}/status`).expect(200, /"state":"connected"/));
  await service.app.get(Retention).run(); // Its first clean-up may be under way.
});

afterAll(async () => {
  await service.close();
  await device.close();
});

/** What the states of the three gateways above come to. */
const COUNTS = {
  disconnected: 2,
  connecting: 0,
  authenticating: 0,
  connected: 1,
  reconnecting: 0,
  auth_failed: 0,
  unknown: 0,
};

const NO_READINGS = {
  queued: 0,
  stored: 0,
  dropped: { vibration: 0, temperature: 0, battery: 0 },
  spool_bytes: 0,
  retention: { full_days: 90, thinned_through: null, bytes: expect.any(Number) as number, over_budget: false },
};

async function health(status: 200 | 503): Promise<HealthDto> {
  return (await service.http.get('/api/health').expect(status)).body as HealthDto;
}

describe('a healthy service', () => {
  it('API-02: says what it is, and which limits its clients meet', async () => {
    const before = Date.now();
    const { body } = (await service.http.get('/api/about').expect(200)) as { body: { started_at: string } };
    expect(body).toEqual({
      version,
      node: process.versions.node,
      started_at: expect.any(String) as string,
      holds_sessions: true,
      database: 'up',
      features: { auth: 'off', docs: true, metrics: 'open', require_if_match: false },
      limits: {
        event_retention_days: 30,
        readings_retention_days: 730,
        max_streams: 100,
        max_streams_per_actor: 20,
        heartbeat_ms: 200,
      },
    });
    expect(Date.parse(body.started_at)).toBeLessThanOrEqual(before);
  });

  it('API-02: reports its status, uptime, version and connection counts', async () => {
    const before = Date.now();
    const body = await health(200);
    expect(body).toStrictEqual({
      status: 'ok',
      auth: 'off',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      uptime: expect.any(Number) as number,
      version,
      database: 'up',
      connections: COUNTS,
      readings: NO_READINGS,
    });
    expect(Date.parse(body.timestamp)).toBeGreaterThanOrEqual(before);
    expect((await health(200)).uptime).toBeGreaterThan(body.uptime ?? Infinity);
  });

  it('API-02: counts the readings that it stores', async () => {
    const { stored = NaN } = (await health(200)).readings ?? {};
    await eventually(() => expect(device.subscribedConnections).toBe(1));
    device.notify('temp');
    device.notify('reading');
    await eventually(async () => {
      expect((await health(200)).readings).toEqual({ ...NO_READINGS, stored: stored + 2 });
    });
  });

  it('API-02: is live and ready', async () => {
    await service.http.get('/api/health/live').expect(200, { status: 'ok' });
    await service.http.get('/api/health/ready').expect(200, { status: 'ok' });
  });

  it('API-02: does not query the database in the liveness check', async () => {
    const asked = jest.spyOn(service.app.get(DatabaseProbe), 'state');
    for (let i = 0; i < 20; i += 1) await service.http.get('/api/health/live').expect(200);
    expect(asked).not.toHaveBeenCalled();
    await service.http.get('/api/health/ready').expect(200);
    expect(asked).toHaveBeenCalledTimes(1);
    asked.mockRestore();
  });
});

describe('a service without its database', () => {
  let admin: Client;

  beforeAll(async () => {
    const url = new URL(service.database.url);
    url.pathname = '/postgres';
    admin = new Client({ connectionString: url.href });
    await admin.connect();
  });

  afterEach(async () => {
    await allowConnections(true);
    await eventually(() => service.http.get('/api/health/ready').expect(200));
  });

  afterAll(() => admin.end());

  async function allowConnections(isAllowed: boolean): Promise<void> {
    await admin.query(`ALTER DATABASE ${service.database.name} ALLOW_CONNECTIONS ${isAllowed}`);
  }

  async function takeDown(): Promise<void> {
    await allowConnections(false);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      service.database.name,
    ]);
    await eventually(() => service.http.get('/api/health').expect(503));
  }

  it('API-02: reports that with 503 and the same body, is live, and is not ready', async () => {
    await takeDown();

    expect(await health(503)).toStrictEqual({
      status: 'unavailable',
      auth: 'off',
      timestamp: expect.any(String) as string,
      uptime: expect.any(Number) as number,
      version,
      database: 'down',
      connections: COUNTS,
      readings: { ...NO_READINGS, stored: expect.any(Number) as number },
    });
    await service.http.get('/api/health/live').expect(200, { status: 'ok' });
    await service.http.get('/api/health/ready').expect(503, { status: 'not_ready', reason: 'database_down' });
  });

  it('STATUS-01: still knows and keeps its connections', async () => {
    const [accepted, closed] = [device.connectionsAccepted, device.closes.length];
    await takeDown();

    const { body } = (await service.http.get(`/api/gateways/${online.id}/status`).expect(200)) as { body: object };
    expect(body).toMatchObject({ id: online.id, state: 'connected', reason: null });
    const page = (await service.http.get('/api/connections').expect(200)) as { body: object };
    expect(page.body).toMatchObject({ pagination: { total: 3 } });
    expect([device.connectionsAccepted, device.closes.length]).toEqual([accepted, closed]);
  });

  it('GATEWAY-08: answers 500 to requests that need the database, and recovers when it is back', async () => {
    await takeDown();
    await service.http.get('/api/gateways').expect(500, /INTERNAL_ERROR/);
    await service.http.post(`/api/gateways/${online.id}/disconnect`).expect(500, /INTERNAL_ERROR/);

    await allowConnections(true);

    expect(await eventually(() => health(200))).toMatchObject({ status: 'ok', database: 'up', connections: COUNTS });
    await service.http.get('/api/gateways').expect(200);
  });
});

describe('a service whose database is read-only', () => {
  let admin: Client;

  beforeAll(async () => {
    const url = new URL(service.database.url);
    url.pathname = '/postgres';
    admin = new Client({ connectionString: url.href });
    await admin.connect();
  });
  afterAll(() => admin.end());

  it('API-02: reports that, is not ready, and replaces its connections, so that it can write when the database can', async () => {
    await admin.query(`ALTER DATABASE ${service.database.name} SET default_transaction_read_only = on`);
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'gateway-hub'`,
      [service.database.name],
    );
    await eventually(() =>
      service.http.get('/api/health/ready').expect(503, { status: 'not_ready', reason: 'database_read_only' }),
    );
    expect(await health(503)).toMatchObject({ status: 'unavailable', database: 'read_only', connections: COUNTS });
    await service.http.get('/api/gateways').expect(200);
    await service.http.put(`/api/gateways/${online.id}`).send({ name: 'Another' }).expect(500);

    // Another server, to the pool: those connections that it has stay read-only.
    await admin.query(`ALTER DATABASE ${service.database.name} RESET default_transaction_read_only`);

    await eventually(() => service.http.put(`/api/gateways/${online.id}`).send({ name: 'Another' }).expect(200));
    await eventually(() => service.http.get('/api/health/ready').expect(200, { status: 'ok' }));
  });
});

describe('a service whose database is in use by another service', () => {
  let second: NestFastifyApplication;
  afterEach(() => second.close());

  it('API-02: is not ready, and knows no connections, until the other one stops', async () => {
    second = await start(service.database);
    const http = supertest(await second.getUrl());

    await http.get('/api/health/live').expect(200);
    await http.get('/api/health/ready').expect(503, { status: 'not_ready', reason: 'no_sessions' });
    const { body } = (await http.get('/api/health').expect(200)) as { body: object };
    expect(body).toMatchObject({ status: 'ok', database: 'up', connections: null, readings: null });
    const refused = (await http.get('/api/connections').expect(503)) as { body: object };
    expect(refused.body).toMatchObject({ error: { code: 'NOT_READY', statusCode: 503 } });

    await service.stop();

    await eventually(() => http.get('/api/health/ready').expect(200, { status: 'ok' }));
    await eventually(() => http.get('/api/health').expect(200, /"connected":1/));
  });
});
