import supertest from 'supertest';
import type { ConnectionPageDto, ConnectionStatusDto } from '../../src/status/connection-status.dto';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway, LOGIN } from '../support/builders';
import { FAST, startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { Program } from '../support/program';

jest.setTimeout(60_000);

const KEY = Buffer.alloc(32, 7).toString('base64');
const SETTINGS = { ...FAST, CLOSE_TIMEOUT_MS: '3000', AUTH_RETRY_MS: '150', ENCRYPTION_KEY: KEY };

const devices: SimulatedGateway[] = [];

async function aDevice(): Promise<SimulatedGateway> {
  const device = await SimulatedGateway.listen();
  devices.push(device);
  return device;
}

afterEach(() => Promise.all(devices.splice(0).map((device) => device.close())));

type Http = ReturnType<typeof supertest.agent>;

function reaches(http: Http, { id }: { id: string }, expected: object): Promise<ConnectionStatusDto> {
  return eventually(async () => {
    const status = (await http.get(`/api/gateways/${id}/status`).expect(200)).body as ConnectionStatusDto;
    expect(status).toMatchObject(expected);
    return status;
  }, 10_000);
}

const SILENT = { state: 'auth_failed', next_retry_at: null, reason: { code: 'login_refused', step: 'login' } };

describe('the login budget', () => {
  let hub: TestApp;
  let factory: { id: string };

  beforeAll(async () => {
    hub = await startTestApp(SETTINGS);
    factory = await createFactory(hub.http);
  });
  afterAll(() => hub.close());
  afterEach(async () => {
    const page = (await hub.http.get('/api/connections?limit=100').expect(200)).body as ConnectionPageDto;
    for (const { id } of page.data) await hub.http.delete(`/api/gateways/${id}`);
  });

  async function aSilentGateway(device: SimulatedGateway) {
    device.refuseLogins('a');
    const gateway = await createGateway(hub.http, factory, device);
    await reaches(hub.http, gateway, SILENT);
    expect(device.loginCounts.refused).toBe(3);
    return gateway;
  }

  it('is spent after three refusals, and a restart does not fill it', async () => {
    const device = await aDevice();
    const gateway = await aSilentGateway(device);
    for (let i = 0; i < 3; i += 1) {
      await hub.restart();
      await reaches(hub.http, gateway, { ...SILENT, attempt: 0 });
    }
    expect(device.loginCounts.refused).toBe(3);
    expect(device.connectionsAccepted).toBe(3);
  });

  it('goes on after a restart where it was', async () => {
    const device = await aDevice();
    device.refuseLogins('b');
    const gateway = await createGateway(hub.http, factory, device);
    await eventually(() => expect(device.loginCounts.refused).toBe(1));
    await hub.restart();
    await reaches(hub.http, gateway, SILENT);
    expect(device.loginCounts.refused).toBe(3);
  });

  it('gets one try from each connect, also from many at once and after a restart, and no more', async () => {
    const device = await aDevice();
    const gateway = await aSilentGateway(device);
    await hub.http.post(`/api/gateways/${gateway.id}/connect`).expect(202);
    await reaches(hub.http, gateway, { ...SILENT, attempt: 4 });
    expect(device.loginCounts.refused).toBe(4);

    await hub.restart();
    await hub.http.post(`/api/gateways/${gateway.id}/connect`).expect(202);
    await reaches(hub.http, gateway, { ...SILENT, attempt: 1 });
    expect(device.loginCounts.refused).toBe(5);

    device.slowDown(100); // The try stays pending for a while, and the orders during that time add none.
    const order = () => hub.http.post(`/api/gateways/${gateway.id}/connect`).expect(202);
    await Promise.all(Array.from({ length: 10 }, order));
    await order();
    await reaches(hub.http, gateway, { ...SILENT, attempt: 2 });
    await hub.restart();
    await reaches(hub.http, gateway, SILENT);
    expect(device.loginCounts.refused).toBe(6);
  });

  it('of a granted try whose network fails is not lost, and not more', async () => {
    const device = await aDevice();
    const gateway = await aSilentGateway(device);
    await device.stopListening();
    await hub.http.post(`/api/gateways/${gateway.id}/connect`).expect(202);
    await reaches(hub.http, gateway, { state: 'reconnecting', reason: { code: 'connect_refused' } });
    await device.startListening();
    await reaches(hub.http, gateway, SILENT);
    expect(device.loginCounts.refused).toBe(4);
  });

  it('grants one try to the same password, and begins anew with another', async () => {
    const device = await aDevice();
    const gateway = await aSilentGateway(device);
    const { password, email } = LOGIN;
    await hub.http.put(`/api/gateways/${gateway.id}`).send({ password, email, url: device.url }).expect(200);
    await reaches(hub.http, gateway, SILENT);
    expect(device.loginCounts.refused).toBe(4);

    await hub.http.put(`/api/gateways/${gateway.id}`).send({ password: 'another' }).expect(200);
    await reaches(hub.http, gateway, { ...SILENT, attempt: 3 });
    expect(device.loginCounts.refused).toBe(7);
  });

  it('is full again after an accepted login, and a lost session comes back without asking for it', async () => {
    const device = await aDevice();
    device.refuseLogins('a');
    const gateway = await createGateway(hub.http, factory, device);
    await eventually(() => expect(device.loginCounts.refused).toBe(2));
    device.refuseLogins(null);
    await reaches(hub.http, gateway, { state: 'connected' });
    device.refuseLogins('a');
    device.drop();
    await reaches(hub.http, gateway, SILENT);
    expect(device.loginCounts.refused).toBe(5);
  });
});

describe('the login budget when the service is killed', () => {
  let database: TestDatabase;
  let program: Program | null = null;

  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(async () => {
    await program?.destroy();
    await database.drop();
  });

  async function startService(): Promise<Http> {
    const settings = {
      ...SETTINGS,
      NODE_ENV: 'production',
      GATEWAY_NETWORKS: '127.0.0.0/8',
      LOG_LEVEL: 'info',
      HOST: '127.0.0.1',
      PORT: '0',
    };
    program = new Program('main.js', { ...settings, DATABASE_URL: database.url });
    const [, url = ''] = await program.prints(/listening on (http:\/\/[^\s,"]+)/);
    return supertest.agent(url);
  }

  async function kill(): Promise<void> {
    program?.kill('SIGKILL');
    await program?.exit();
  }

  /** Triggers a login, and kills the service when the gateway receives it, so that the answer is lost. */
  async function killAtLogin(device: SimulatedGateway, provoke: () => Promise<unknown>): Promise<void> {
    const { length } = device.logins;
    await provoke();
    while (device.logins.length === length) await new Promise(setImmediate);
    await kill();
  }

  it('between the refusal and its record, again and again, is never overdrawn', async () => {
    const device = await aDevice();
    const setUp = await startService();
    const gateway = await createGateway(setUp, await createFactory(setUp), device, { desired_state: 'disconnected' });
    device.refuseLogins('a');
    device.slowDown(100);
    await killAtLogin(device, () => setUp.post(`/api/gateways/${gateway.id}/connect`).expect(202));
    await killAtLogin(device, startService);

    const http = await startService(); // One try is left: it is refused, and no more follow.
    await reaches(http, gateway, SILENT);
    expect(device.loginCounts.refused).toBe(3);
    await kill();
    await reaches(await startService(), gateway, SILENT);
    expect(device.loginCounts.refused).toBe(3);
  });

  it('in the middle of logins that would be accepted, never leaves a gateway behind', async () => {
    const device = await aDevice();
    const setUp = await startService();
    const gateway = await createGateway(setUp, await createFactory(setUp), device, { desired_state: 'disconnected' });
    device.slowDown(100);
    await killAtLogin(device, () => setUp.post(`/api/gateways/${gateway.id}/connect`).expect(202));
    for (let i = 0; i < 3; i += 1) await killAtLogin(device, startService);
    await reaches(await startService(), gateway, { state: 'connected' });
  });
});
