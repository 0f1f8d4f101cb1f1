import supertest from 'supertest';
import type { ConnectionStatusDto } from '../../src/status/connection-status.dto';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway, LOGIN } from '../support/builders';
import { FAST } from '../support/create-app';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { aDevice, aHub, closeDevices } from '../support/hub';
import { Program } from '../support/program';

jest.setTimeout(60_000);

const KEY = Buffer.alloc(32, 7).toString('base64');
const SETTINGS = { ...FAST, CLOSE_TIMEOUT_MS: '3000', AUTH_RETRY_MS: '150', ENCRYPTION_KEY: KEY };

const SILENT = { state: 'auth_failed', next_retry_at: null, reason: { code: 'login_refused', step: 'login' } };

describe('the login budget', () => {
  const hub = aHub(SETTINGS);

  async function aSilentGateway(device: SimulatedGateway) {
    device.refuseLogins('a');
    const gateway = await hub.create(device);
    await hub.reaches(gateway, SILENT);
    expect(device.loginCounts.refused).toBe(3);
    return gateway;
  }

  it('is spent after three refusals, and a restart does not refill it', async () => {
    const device = await aDevice();
    const gateway = await aSilentGateway(device);
    for (let i = 0; i < 3; i += 1) {
      await hub.restart();
      await hub.reaches(gateway, { ...SILENT, attempt: 0 });
    }
    expect(device.loginCounts.refused).toBe(3);
    expect(device.connectionsAccepted).toBe(3);
  });

  it('continues after a restart where it was', async () => {
    const device = await aDevice();
    device.refuseLogins('b');
    const gateway = await hub.create(device);
    await eventually(() => expect(device.loginCounts.refused).toBe(1));
    await hub.restart();
    await hub.reaches(gateway, SILENT);
    expect(device.loginCounts.refused).toBe(3);
  });

  it('gets one try from each connect order, even after a restart, and only one from many at once', async () => {
    const device = await aDevice();
    const gateway = await aSilentGateway(device);
    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { ...SILENT, attempt: 4 });
    expect(device.loginCounts.refused).toBe(4);

    await hub.restart();
    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { ...SILENT, attempt: 1 });
    expect(device.loginCounts.refused).toBe(5);

    device.slowDown(100); // The try stays pending for a while, and the orders during that time add none.
    const order = () => hub.order(gateway, 'connect');
    await Promise.all(Array.from({ length: 10 }, order));
    await order();
    await hub.reaches(gateway, { ...SILENT, attempt: 2 });
    await hub.restart();
    await hub.reaches(gateway, SILENT);
    expect(device.loginCounts.refused).toBe(6);
  });

  it('keeps a granted try when the network fails, and does not grow', async () => {
    const device = await aDevice();
    const gateway = await aSilentGateway(device);
    await device.stopListening();
    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'reconnecting', reason: { code: 'connect_refused' } });
    await device.startListening();
    await hub.reaches(gateway, SILENT);
    expect(device.loginCounts.refused).toBe(4);
  });

  it('grants one try to the same password, and starts over with another', async () => {
    const device = await aDevice();
    const gateway = await aSilentGateway(device);
    const { password, email } = LOGIN;
    await hub.put(gateway, { password, email, url: device.url });
    await hub.reaches(gateway, SILENT);
    expect(device.loginCounts.refused).toBe(4);

    await hub.put(gateway, { password: 'another' });
    await hub.reaches(gateway, { ...SILENT, attempt: 3 });
    expect(device.loginCounts.refused).toBe(7);
  });

  it('is full again after an accepted login, and allows three refusals after the session is lost', async () => {
    const device = await aDevice();
    device.refuseLogins('a');
    const gateway = await hub.create(device);
    await eventually(() => expect(device.loginCounts.refused).toBe(2));
    device.refuseLogins(null);
    await hub.reaches(gateway, { state: 'connected' });
    device.refuseLogins('a');
    device.drop();
    await hub.reaches(gateway, SILENT);
    expect(device.loginCounts.refused).toBe(5);
  });
});

type Http = ReturnType<typeof supertest.agent>;

function reaches(http: Http, { id }: { id: string }, expected: object): Promise<ConnectionStatusDto> {
  return eventually(async () => {
    const status = (await http.get(`/api/gateways/${id}/status`).expect(200)).body as ConnectionStatusDto;
    expect(status).toMatchObject(expected);
    return status;
  }, 10_000);
}

describe('the login budget when the service is killed', () => {
  let database: TestDatabase;
  let program: Program | null = null;

  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(async () => {
    await program?.destroy();
    await closeDevices();
    await database.drop();
  });

  /** Does not wait until the service is ready, as `ServiceProcess` does: it is killed at a login, which may come before that. */
  async function startService(): Promise<Http> {
    const settings = {
      ...SETTINGS,
      NODE_ENV: 'production',
      AUTH: 'off',
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

  it('between a refusal and its record, several times, is never overdrawn', async () => {
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

  it('during logins that would be accepted, does not keep the gateway from connecting', async () => {
    const device = await aDevice();
    const setUp = await startService();
    const gateway = await createGateway(setUp, await createFactory(setUp), device, { desired_state: 'disconnected' });
    device.slowDown(100);
    await killAtLogin(device, () => setUp.post(`/api/gateways/${gateway.id}/connect`).expect(202));
    for (let i = 0; i < 3; i += 1) await killAtLogin(device, startService);
    await reaches(await startService(), gateway, { state: 'connected' });
  });
});
