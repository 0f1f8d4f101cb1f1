import type { Test } from 'supertest';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { LOGIN } from '../support/builders';
import { eventually } from '../support/eventually';
import { moreResources, resources } from './support/leftovers';
import { aDevice, aHub } from '../support/hub';
import { subscribed } from './support/beside';

// Every wait is longer than any test, so a forgotten timer will be found.
const PATIENT = {
  CLOSE_TIMEOUT_MS: '3000',
  CONNECT_TIMEOUT_MS: '60000',
  LOGIN_TIMEOUT_MS: '60000',
  RECONNECT_MIN_MS: '60000',
  RECONNECT_MAX_MS: '60000',
};

const socketsOf = (devices: readonly SimulatedGateway[]) => devices.map(({ openConnections }) => openConnections);
const none = (devices: readonly SimulatedGateway[]) => devices.map(() => 0);

/** The situation of a gateway at the shutdown, and what its device sees of it. */
interface Situation {
  readonly arrange: (device: SimulatedGateway) => Promise<unknown>;
  /** The close codes of its sockets. */
  readonly codes: readonly number[];
  /** Whether the next start connects it. */
  readonly comesBack: boolean;
}

function recover(device: SimulatedGateway): void {
  device.thaw();
  device.muteLogins(false);
  device.refuseLogins(null);
  device.rejectUpgrade(null);
}

describe('a shutdown while gateways are at every step', () => {
  const hub = aHub(PATIENT);

  const connected: Situation = {
    arrange: (device) => subscribed(hub, device),
    codes: [1000],
    comesBack: true,
  };
  const loginUnanswered: Situation = {
    arrange: async (device) => {
      device.muteLogins(true);
      await hub.create(device);
      await eventually(() => expect(device.logins).toHaveLength(1));
    },
    codes: [1000],
    comesBack: true,
  };
  const givenUpBeforeItsSlowRetry: Situation = {
    arrange: async (device) => {
      device.refuseLogins('a');
      const gateway = await hub.create(device);
      await hub.reaches(gateway, { state: 'auth_failed' });
      await hub.order(gateway, 'disconnect');
    },
    codes: [1000],
    comesBack: false,
  };
  const dialHangs: Situation = {
    arrange: async (device) => {
      device.freeze();
      await hub.create(device);
      await eventually(() => expect(device.upgradesAsked).toBe(1));
    },
    codes: [],
    comesBack: true,
  };
  const retryWaits: Situation = {
    arrange: async (device) => {
      device.rejectUpgrade(503);
      await hub.reaches(await hub.create(device), { state: 'reconnecting' });
    },
    codes: [],
    comesBack: true,
  };
  const deletedBeforeItsRetry: Situation = {
    arrange: async (device) => {
      device.rejectUpgrade(503);
      const gateway = await hub.create(device);
      await hub.reaches(gateway, { state: 'reconnecting' });
      await hub.delete(gateway);
    },
    codes: [],
    comesBack: false,
  };
  const stillClosing: Situation = {
    arrange: async (device) => {
      const gateway = await subscribed(hub, device);
      device.freeze();
      await hub.order(gateway, 'disconnect');
    },
    codes: [1000],
    comesBack: false,
  };
  const deletedAndStillClosing: Situation = {
    arrange: async (device) => {
      const gateway = await subscribed(hub, device);
      device.freeze();
      await hub.delete(gateway);
    },
    codes: [1000],
    comesBack: false,
  };

  it('LIFECYCLE-05: closes what is open with 1000, ends what is under way, and leaves no timer', async () => {
    const situations = [
      connected,
      loginUnanswered,
      givenUpBeforeItsSlowRetry,
      dialHangs,
      retryWaits,
      deletedBeforeItsRetry,
      stillClosing,
      deletedAndStillClosing,
    ];
    await hub.stop();
    const before = resources();
    await hub.restart();
    const devices = await Promise.all(
      situations.map(async ({ arrange }) => {
        const device = await aDevice();
        await arrange(device);
        return device;
      }),
    );

    const stopped = hub.stop();
    for (const device of devices.filter(({ openConnections }) => openConnections > 0)) device.thaw();
    await stopped;
    await eventually(() => {
      expect(socketsOf(devices)).toEqual(none(devices));
      expect(moreResources(before, devices.length)).toEqual([]);
    });
    const codes = devices.map(({ closes }) => closes.map(({ code }) => code));
    expect(codes).toEqual(situations.map((situation) => situation.codes));

    const dials = devices.map(({ upgradesAsked }) => upgradesAsked);
    devices.forEach(recover);
    await hub.restart();
    const sockets = situations.map(({ comesBack }) => (comesBack ? 1 : 0));
    await eventually(() => expect(socketsOf(devices)).toEqual(sockets));
    expect(devices.map(({ upgradesAsked }, at) => upgradesAsked - (dials[at] ?? 0))).toEqual(sockets);
    expect(Math.max(...devices.map(({ maxOpenConnections }) => maxOpenConnections))).toBe(1);
  });

  it('LIFECYCLE-05: does not wait for a gateway that hangs after the close timeout', async () => {
    const device = await aDevice();
    await subscribed(hub, device);
    device.freeze();
    await hub.stop();
    device.thaw();
    await eventually(() => expect(device.openConnections).toBe(0));
    await hub.restart();
    await eventually(() => expect(device.subscribedConnections).toBe(1));
    expect(device.maxOpenConnections).toBe(1);
  });
});

describe('a shutdown while orders are under way', () => {
  const hub = aHub({ RECONNECT_MIN_MS: '10', RECONNECT_MAX_MS: '20' });

  interface Row {
    url: string;
    desired_state: string;
  }

  /** The rows of these devices, null where there is none. */
  async function rowsOf(devices: readonly SimulatedGateway[]): Promise<(Row | null)[]> {
    const { data } = (await hub.http.get('/api/gateways?limit=100').expect(200)).body as { data: Row[] };
    return devices.map((device) => data.find(({ url }) => url === device.url || url === `${device.url}/x`) ?? null);
  }

  it('LIFECYCLE-05: leaves no socket and no timer, and keeps every order that was answered', async () => {
    await hub.stop();
    const before = resources();
    await hub.restart();
    const devices = await Promise.all(Array.from({ length: 10 }, () => aDevice()));
    const gateways = await Promise.all(devices.slice(0, 8).map((device) => hub.create(device)));
    const orders = devices.map(({ url }, at) => orderAt(at, url, gateways[at]?.id));

    const answers = orders.map(async ({ request }) => (await request).status);
    await Promise.race(answers);
    await hub.stop();
    // A request that comes too late is refused, by the service or by the system.
    const isKept = (await Promise.allSettled(answers)).map((end) => end.status === 'fulfilled' && end.value < 300);
    expect(isKept).toContain(true);

    await eventually(() => {
      expect(socketsOf(devices)).toEqual(none(devices));
      expect(moreResources(before, devices.length)).toEqual([]);
    });

    await hub.restart();
    const rows = await rowsOf(devices);
    expect(orders.map(({ isDone }, at) => !isKept[at] || isDone(rows[at] ?? null))).not.toContain(false);
    const sockets = rows.map((row) => (row?.desired_state === 'connected' ? 1 : 0));
    await eventually(() => expect(socketsOf(devices)).toEqual(sockets));
    expect(Math.max(...devices.map(({ maxOpenConnections }) => maxOpenConnections))).toBe(1);
  });

  /** Two orders of each kind; the last two create a gateway. `isDone` tells from the row whether the order was carried out. */
  function orderAt(at: number, url: string, id = ''): { request: Test; isDone: (row: Row | null) => boolean } {
    const { http } = hub;
    const path = `/api/gateways/${id}`;
    switch (Math.floor(at / 2)) {
      case 0:
        return { request: http.post(`${path}/disconnect`), isDone: (row) => row?.desired_state === 'disconnected' };
      case 1:
        return {
          request: http.put(`${path}?allow_duplicate`).send({ url: `${url}/x` }),
          isDone: (row) => row?.url === `${url}/x`,
        };
      case 2:
        return { request: http.delete(path), isDone: (row) => row === null };
      case 3:
        return { request: http.post(`${path}/connect`), isDone: (row) => row?.desired_state === 'connected' };
      default: {
        const body = { factory_id: hub.factory().id, gateway_id: `GW-LATE-${at}`, name: 'Late', url, ...LOGIN };
        return { request: http.post('/api/gateways?allow_duplicate').send(body), isDone: (row) => row !== null };
      }
    }
  }
});
