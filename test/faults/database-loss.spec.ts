import supertest from 'supertest';
import type { ConnectionEventPageDto } from '../../src/history/connection-event.dto';
import type { ConnectionPageDto, ConnectionStatusDto } from '../../src/status/connection-status.dto';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { aGateway, createFactory, createGateway } from '../support/builders';
import type { CreatedGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { DatabaseNetwork } from '../support/database-network';
import { eventually } from '../support/eventually';
import { Program } from '../support/program';
import { SHORT_HISTORY } from '../support/short-history';

let hub: TestApp;
let network: DatabaseNetwork;
let factory: { id: string };
const devices: SimulatedGateway[] = [];

beforeEach(async () => {
  hub = await startTestApp();
  network = await DatabaseNetwork.to(hub.database);
  await hub.restart({
    DATABASE_URL: network.url,
    DATABASE_CONNECT_TIMEOUT_MS: '400',
    DATABASE_STATEMENT_TIMEOUT_MS: '500',
    CLOSE_TIMEOUT_MS: '3000',
    AUTH_RETRY_MS: '200',
    LAST_SEEN_INTERVAL_MS: '200',
  });
  factory = await createFactory(hub.http);
});

afterEach(async () => {
  await hub.close();
  await network.close();
  await Promise.all(devices.splice(0).map((device) => device.close()));
});

async function aDevice(): Promise<SimulatedGateway> {
  const device = await SimulatedGateway.listen(SHORT_HISTORY);
  devices.push(device);
  return device;
}

async function statusOf({ id }: { id: string }): Promise<ConnectionStatusDto> {
  return (await hub.http.get(`/api/gateways/${id}/status`).expect(200)).body as ConnectionStatusDto;
}

function reaches(gateway: { id: string }, expected: object): Promise<ConnectionStatusDto> {
  return eventually(async () => {
    const status = await statusOf(gateway);
    expect(status).toMatchObject(expected);
    return status;
  }, 10_000);
}

async function aConnectedGateway(device: SimulatedGateway): Promise<CreatedGateway> {
  const gateway = await createGateway(hub.http, factory, device);
  await reaches(gateway, { state: 'connected' });
  return gateway;
}

/** The stored state changes of a gateway, the oldest first. */
async function storedChanges({ id }: { id: string }): Promise<string[]> {
  const page = (await hub.http.get(`/api/gateways/${id}/events?limit=100`).expect(200)).body as ConnectionEventPageDto;
  return page.data.map(({ to }) => to).reverse();
}

const losses: [string, () => Promise<void>][] = [
  ['refuses connections', () => network.cut()],
  [
    'is a black hole',
    () => {
      network.swallow();
      return Promise.resolve();
    },
  ],
];

describe.each(losses)('while the database %s', (_, lose) => {
  it('requests that need no database are answered, sessions stay, and dropped ones reconnect from memory', async () => {
    const [steady, dropping] = [await aDevice(), await aDevice()];
    const [calm, lost] = [await aConnectedGateway(steady), await aConnectedGateway(dropping)];
    await eventually(async () => expect(await storedChanges(lost)).toHaveLength(3));
    await lose();

    dropping.drop();
    await reaches(lost, { state: 'connected', reconnects: 1 });
    expect(await statusOf(calm)).toMatchObject({ state: 'connected', reconnects: 0 });
    const list = (await hub.http.get('/api/connections').expect(200)).body as ConnectionPageDto;
    expect(list.data.map(({ state }) => state)).toEqual(['connected', 'connected']);
    await hub.http.get('/api/health/live').expect(200);
    expect([steady, dropping].map(({ connectionsAccepted }) => connectionsAccepted)).toEqual([1, 2]);
    expect(dropping.maxOpenConnections).toBe(1);

    await network.restore();
    await eventually(async () => {
      expect(await storedChanges(lost)).toEqual([
        ...['connecting', 'authenticating', 'connected'],
        ...['reconnecting', 'connecting', 'authenticating', 'connected'],
      ]);
    }, 10_000);
    await eventually(() => hub.http.get('/api/health/ready').expect(200), 10_000);
    const before = Date.now(); // Sightings are stored again from now on.
    await eventually(async () => {
      const stored = (await hub.http.get(`/api/gateways/${calm.id}`).expect(200)).body as CreatedGateway;
      expect(Date.parse(stored.last_seen_at ?? '')).toBeGreaterThan(before);
    }, 10_000);
    expect([steady, dropping].map(({ connectionsAccepted }) => connectionsAccepted)).toEqual([1, 2]);
  });

  it('requests that need the database get 500 without details, and the service is not ready', async () => {
    const gateway = await aConnectedGateway(await aDevice());
    await lose();
    const unanswered = [
      hub.http.get('/api/gateways'),
      hub.http.get(`/api/gateways/${gateway.id}`),
      hub.http.get(`/api/gateways/${gateway.id}/events`),
      hub.http.put(`/api/gateways/${gateway.id}`).send({ name: 'Renamed' }),
      hub.http.delete(`/api/gateways/${gateway.id}`),
      hub.http.post(`/api/gateways/${gateway.id}/disconnect`),
      hub.http.post(`/api/gateways/${gateway.id}/test?force=true`),
      hub.http.post('/api/gateways').send(aGateway({ factory_id: factory.id })),
      hub.http.get('/api/factories'),
    ].map((request) => request.then(({ status, body }) => ({ status, body: body as unknown })));
    for (const answer of await Promise.all(unanswered)) {
      expect(answer).toEqual({
        status: 500,
        body: { error: { code: 'INTERNAL_ERROR', message: expect.any(String) as string, statusCode: 500 } },
      });
      expect(JSON.stringify(answer.body)).not.toMatch(/ECONN|127\.0\.0\.1|postgres|SELECT|timeout/i);
    }
    await hub.http.get('/api/health/ready').expect(503);
    await hub.http.get('/api/health').expect(503);
    expect(await statusOf(gateway)).toMatchObject({ state: 'connected', reconnects: 0 });
  });

  it('a refused login is not retried until the retry can be recorded', async () => {
    const device = await aDevice();
    device.refuseLogins('a');
    const gateway = await createGateway(hub.http, factory, device);
    await reaches(gateway, { state: 'auth_failed' });
    await lose();
    const { refused } = device.loginCounts;
    expect(refused).toBeLessThan(3);
    await reaches(gateway, { state: 'connecting', reason: { code: 'login_refused' } });
    expect(device.loginCounts.refused).toBeLessThanOrEqual(refused + 1); // One may have been under way.

    device.refuseLogins(null);
    await network.restore();
    await reaches(gateway, { state: 'connected', reason: null });
    expect(device.maxOpenConnections).toBe(1);
  });

  it('the service stops in time, and closes every session', async () => {
    const device = await aDevice();
    await aConnectedGateway(device);
    await lose();
    await hub.stop();
    await eventually(() => expect(device.closes).toMatchObject([{ code: 1000 }]));
    await network.restore();
  });
});

describe('the program, while the database never answers', () => {
  it('exits with 0 and closes its sessions, although a request waits for the database', async () => {
    const device = await aDevice();
    await hub.stop();
    const program = new Program('main.js', {
      ...{
        NODE_ENV: 'production',
        AUTH: 'off',
        GATEWAY_NETWORKS: '127.0.0.0/8',
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: network.url,
      },
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    });
    try {
      const [, url = ''] = await program.prints(/listening on (http:\/\/[^\s,"]+)/);
      await createGateway(supertest.agent(url), factory, device);
      await eventually(() => expect(device.subscribedConnections).toBe(1));
      network.swallow();
      const waiting = fetch(`${url}/api/gateways`).catch(() => undefined);
      await eventually(async () => expect((await fetch(`${url}/api/health/live`)).status).toBe(200));
      program.kill('SIGTERM');
      expect(await program.exit()).toBe(0); // If it took more than its ten seconds, it would be 1.
      expect(device.closes).toMatchObject([{ code: 1000 }]);
      await waiting;
    } finally {
      await program.destroy();
    }
  });
});
