import type { ConnectionPageDto, ConnectionStatusDto } from '../../src/status/connection-status.dto';
import { SimulatedFleet } from '../../simulator/simulated-fleet';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { seededRandom } from '../../simulator/seeded-random';
import { createFactory, createGateway, LOGIN } from '../support/builders';
import type { CreatedGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { earlierTimer } from '../support/earlier-timer';
import { eventually } from '../support/eventually';

jest.setTimeout(30_000);

const COUNT = 100;

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

describe('a fleet of a hundred gateways', () => {
  let hub: TestApp;
  let fleet: SimulatedFleet;
  let gateways: CreatedGateway[];

  beforeAll(async () => {
    fleet = await SimulatedFleet.listen({ count: COUNT });
    hub = await startTestApp({ CLOSE_TIMEOUT_MS: '3000' });
  });
  afterAll(async () => {
    await hub.close();
    await fleet.close();
  });

  const total = async (state: string) => {
    const page = (await hub.http.get(`/api/connections?limit=1&state=${state}`).expect(200)).body as ConnectionPageDto;
    return page.pagination.total;
  };
  const allConnected = () => eventually(async () => expect(await total('connected')).toBe(COUNT), 15_000);
  const expectOneSocketEach = () => {
    const open = fleet.gateways.map(({ openConnections, maxOpenConnections }) => [openConnections, maxOpenConnections]);
    expect(open).toEqual(open.map(() => [1, 1]));
  };

  it('ORCH-01, ORCH-02, ORCH-05: has every gateway connected after its creation', async () => {
    const factory = await createFactory(hub.http);
    gateways = await Promise.all(fleet.gateways.map((device) => createGateway(hub.http, factory, device)));
    await allConnected();
    expect(fleet.gateways.map(({ loginCounts }) => loginCounts)).toEqual(
      fleet.gateways.map(() => ({ accepted: 1, refused: 0 })),
    );
    expectOneSocketEach();
    expect((await hub.http.get('/api/health').expect(200)).body).toMatchObject({
      connections: { connected: COUNT, reconnecting: 0, disconnected: 0 },
    });
  });

  it('ORCH-03, ORCH-04: is loaded at the start, and connected in parallel, but not all in the same instant', async () => {
    const idle = gateways.slice(0, 10);
    await Promise.all(idle.map(({ id }) => hub.http.post(`/api/gateways/${id}/disconnect`).expect(202)));
    await hub.stop();
    // One after the other, answers as slow as these would take a quarter of a minute.
    for (const device of fleet.gateways) device.slowDown(150);
    const upgrades = () => sum(fleet.gateways.map(({ upgradesAsked }) => upgradesAsked));
    const before = upgrades();
    const dials = () => upgrades() - before;

    const restarted = hub.restart({ CONNECT_RATE_PER_SECOND: '60' });
    await eventually(() => expect(dials()).toBeGreaterThan(0), 15_000);
    await earlierTimer(1000).due; // 90 at 60 a second take longer.
    expect(dials()).toBeLessThan(COUNT - idle.length);
    await restarted;
    await eventually(async () => expect(await total('connected')).toBe(COUNT - idle.length), 15_000);

    expect(await total('disconnected')).toBe(idle.length);
    expect(dials()).toBe(COUNT - idle.length);
    for (const device of fleet.gateways) device.slowDown(0);
    await Promise.all(idle.map(({ id }) => hub.http.post(`/api/gateways/${id}/connect`).expect(202)));
    await allConnected();
    expectOneSocketEach();
  });

  it.each([undefined, 1001])(
    'LIFECYCLE-05, ORCH-05: reconnects when all of it drops at once with code %s, never with a second socket',
    async (code) => {
      const before = fleet.gateways.map(({ connectionsAccepted }) => connectionsAccepted);
      for (const device of fleet.gateways) device.drop(code);
      await eventually(() =>
        expect(fleet.gateways.map(({ connectionsAccepted }) => connectionsAccepted)).toEqual(before.map((n) => n + 1)),
      );
      await allConnected();
      expectOneSocketEach();
    },
  );

  it('LIFECYCLE-03: is closed with 1000, and leaves no socket, when the service stops', async () => {
    await hub.stop();
    expect(sum(fleet.gateways.map(({ openConnections }) => openConnections))).toBe(0);
    expect(fleet.gateways.map(({ closes }) => closes.at(-1)?.code)).toEqual(fleet.gateways.map(() => 1000));
  });
});

describe('a storm of orders', () => {
  let hub: TestApp;
  let factory: { id: string };
  let fleet: SimulatedFleet;

  beforeAll(async () => {
    fleet = await SimulatedFleet.listen({ count: 60, mode: 'paths' });
    hub = await startTestApp({ CLOSE_TIMEOUT_MS: '3000' });
    factory = await createFactory(hub.http);
  });
  afterAll(async () => {
    await hub.close();
    await fleet.close();
  });

  it('STATUS-04, ORCH-05: ends with every gateway in its desired state, one socket each, and none left over', async () => {
    const random = seededRandom(2026);
    const unused = [...fleet.gateways];
    /** Each has two addresses to go to and fro between, so that no device belongs to two gateways at once. */
    const living = new Map<string, [SimulatedGateway, SimulatedGateway]>();
    const create = async () => {
      const [device, other] = unused.splice(0, 2);
      if (!device || !other) return;
      const { id } = await createGateway(hub.http, factory, device);
      living.set(id, [device, other]);
    };
    const send = async (method: 'put' | 'post' | 'delete', path: string, body?: object) => {
      const { status } = await hub.http[method](`/api/gateways/${path}`).send(body);
      expect([200, 202, 204, 404]).toContain(status); // 404: another order deleted it a moment ago.
    };
    const orders: ((id: string, devices: [SimulatedGateway, SimulatedGateway]) => unknown)[] = [
      (id) => send('post', `${id}/connect`),
      (id) => send('post', `${id}/connect`),
      (id) => send('post', `${id}/disconnect`),
      (id, devices) => send('put', id, { url: devices[Math.floor(random() * 2)]?.url }),
      (id) => send('put', id, { name: `Renamed ${random()}` }),
      (id) => send('put', id, { password: random() < 0.3 ? 'wrong' : LOGIN.password }),
      (_, devices) => devices.forEach((device) => device.drop()),
      (_, devices) => devices.forEach((device) => device.drop(1000)),
    ];
    for (let i = 0; i < 5; i += 1) await create();

    const worker = async () => {
      for (let i = 0; i < 60; i += 1) {
        const [id, devices] = [...living][Math.floor(random() * living.size)] ?? [];
        const dice = random();
        if (!id || !devices || dice < 0.06) {
          await create();
        } else if (dice < 0.12 && living.size > 4) {
          living.delete(id);
          await send('delete', id);
        } else {
          await orders[Math.floor(random() * orders.length)]?.(id, devices);
        }
      }
    };
    await Promise.all(Array.from({ length: 5 }, worker));
    for (const id of living.keys()) await send('put', id, { password: LOGIN.password });

    await eventually(async () => {
      const page = (await hub.http.get('/api/connections?limit=100').expect(200)).body as ConnectionPageDto;
      expect(page.data.map(({ id }) => id).sort()).toEqual([...living.keys()].sort());
      expect(page.data.map(({ state }) => state)).toEqual(page.data.map(({ desired_state }) => desired_state));
      const open = new Map(fleet.gateways.map(({ url, openConnections }) => [url, openConnections]));
      for (const { id, desired_state } of page.data) {
        const row = (await hub.http.get(`/api/gateways/${id}`).expect(200)).body as CreatedGateway;
        expect(row).toMatchObject({ desired_state });
        expect(open.get(row.url)).toBe(desired_state === 'connected' ? 1 : 0);
        open.delete(row.url);
      }
      expect(sum([...open.values()])).toBe(0);
    });
    expect(Math.max(...fleet.gateways.map(({ maxOpenConnections }) => maxOpenConnections))).toBe(1);
    expect(living.size).toBeGreaterThanOrEqual(4);

    await hub.stop();
    expect(sum(fleet.gateways.map(({ openConnections }) => openConnections))).toBe(0);
  });
});

describe('one gateway that gets concurrent orders', () => {
  let hub: TestApp;
  let device: SimulatedGateway;

  beforeAll(async () => {
    device = await SimulatedGateway.listen();
    hub = await startTestApp({ CLOSE_TIMEOUT_MS: '3000' });
  });
  afterAll(async () => {
    await hub.close();
    await device.close();
  });

  it('STATUS-02, STATUS-03: ends in the desired state that is stored', async () => {
    const { id } = await createGateway(hub.http, await createFactory(hub.http), device);
    for (let round = 0; round < 10; round += 1) {
      const order = (name: string) => hub.http.post(`/api/gateways/${id}/${name}`).expect(202);
      await Promise.all(['connect', 'disconnect', 'connect', 'disconnect', 'connect'].map(order));
      const row = (await hub.http.get(`/api/gateways/${id}`).expect(200)).body as { desired_state: string };
      await eventually(async () => {
        const status = (await hub.http.get(`/api/gateways/${id}/status`).expect(200)).body as ConnectionStatusDto;
        expect(status).toMatchObject({ desired_state: row.desired_state, state: row.desired_state });
        expect(device.openConnections).toBe(row.desired_state === 'connected' ? 1 : 0);
      });
    }
    expect(device.maxOpenConnections).toBe(1);
  });
});
