import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway, LOGIN } from '../support/builders';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';
import { beside, expectGone, subscribed } from './support/beside';

// No retry and no time-out is due before the test is long over, so whatever happens is caused by an order.
const PATIENT = {
  RECONNECT_MIN_MS: '60000',
  RECONNECT_MAX_MS: '60000',
  CONNECT_TIMEOUT_MS: '60000',
  LOGIN_TIMEOUT_MS: '60000',
  HEARTBEAT_TIMEOUT_MS: '60000',
};

// Failures are retried within milliseconds.
const HASTY = { ...PATIENT, RECONNECT_MIN_MS: '10', RECONNECT_MAX_MS: '20', AUTH_RETRY_MS: '20' };

const TEN = Array.from({ length: 10 }, (_, number) => number);

/** How many dials and logins a device has seen, and how many sockets it had at most. */
function seenBy({ upgradesAsked, loginCounts, maxOpenConnections }: SimulatedGateway) {
  return { upgradesAsked, logins: loginCounts.accepted + loginCounts.refused, maxOpenConnections };
}

describe('while a dial hangs', () => {
  const hub = aHub(PATIENT);

  async function aHangingDial() {
    const device = await aDevice();
    device.freeze();
    const gateway = await hub.create(device);
    await eventually(() => expect(device.upgradesAsked).toBe(1));
    return { device, gateway };
  }

  it('LIFECYCLE-03: a delete together with other orders ends it, and no socket opens', async () => {
    const { device, gateway } = await aHangingDial();
    await beside(
      hub,
      () => hub.delete(gateway),
      // These find nothing if they come after the delete.
      async () => {
        await hub.http.post(`/api/gateways/${gateway.id}/connect`);
      },
      async () => {
        await hub.http.put(`/api/gateways/${gateway.id}`).send({ url: `${device.url}/x` });
      },
    );
    await expectGone(hub, gateway);
    await hub.everythingIsDone();
    const { upgradesAsked } = device;
    device.thaw();
    await hub.everythingIsDone();
    await expectGone(hub, gateway);
    expect(seenBy(device)).toEqual({ upgradesAsked, logins: 0, maxOpenConnections: 0 });
  });

  it('STATUS-02: concurrent connect orders from ten callers add no dial', async () => {
    const { device, gateway } = await aHangingDial();
    await beside(hub, ...TEN.map(() => () => hub.order(gateway, 'connect')));
    await hub.everythingIsDone();
    device.thaw();
    await hub.reaches(gateway, { state: 'connected' });
    expect(seenBy(device)).toEqual({ upgradesAsked: 1, logins: 1, maxOpenConnections: 1 });
  });

  it('LIFECYCLE-02: a changed e-mail is the only one that is ever sent', async () => {
    const { device, gateway } = await aHangingDial();
    device.setCredentials('new@example.org', LOGIN.password);
    await beside(hub, () => hub.put(gateway, { email: 'new@example.org' }));
    device.thaw();
    await hub.reaches(gateway, { state: 'connected' });
    expect(device.logins).toMatchObject([{ email: 'new@example.org', accepted: true }]);
    expect(device.maxOpenConnections).toBe(1);
  });
});

describe('while a login is unanswered', () => {
  const hub = aHub(PATIENT);

  async function anUnansweredLogin() {
    const device = await aDevice();
    device.muteLogins(true);
    const gateway = await hub.create(device);
    await eventually(() => expect(device.logins).toHaveLength(1));
    return { device, gateway };
  }

  it('LIFECYCLE-03: a delete closes the socket with 1000, and nothing is sent again', async () => {
    const { device, gateway } = await anUnansweredLogin();
    await beside(hub, () => hub.delete(gateway));
    await expectGone(hub, gateway);
    await eventually(() => expect(device.closes).toMatchObject([{ code: 1000 }]));
    device.muteLogins(false);
    await hub.everythingIsDone();
    expect(seenBy(device)).toEqual({ upgradesAsked: 1, logins: 1, maxOpenConnections: 1 });
  });

  it('LIFECYCLE-02: a changed name does not interrupt it', async () => {
    const device = await aDevice();
    device.slowDown(300);
    const gateway = await hub.create(device);
    await eventually(() => expect(device.logins).toHaveLength(1));
    await beside(hub, () => hub.put(gateway, { name: 'Renamed' }));
    await hub.reaches(gateway, { state: 'connected', name: 'Renamed' });
    expect(seenBy(device)).toEqual({ upgradesAsked: 1, logins: 1, maxOpenConnections: 1 });
  });

  it('LIFECYCLE-02: the refusal of the old password is ignored when there is a new one', async () => {
    const device = await aDevice();
    device.slowDown(300);
    const gateway = await hub.create(device, { password: 'wrong horse' });
    await eventually(() => expect(device.logins).toHaveLength(1));
    await beside(hub, () => hub.put(gateway, { password: LOGIN.password }));
    expect(await hub.reaches(gateway, { state: 'connected' })).toMatchObject({ attempt: 0, reason: null });
    expect(device.logins.map(({ accepted }) => accepted)).toEqual([false, true]);
    expect(device.maxOpenConnections).toBe(1);
  });

  it('STATUS-02, STATUS-03: the table and the status agree on the last of ten concurrent orders, and later ones take effect', async () => {
    const { device, gateway } = await anUnansweredLogin();
    await beside(hub, ...TEN.map((number) => () => hub.order(gateway, number % 2 ? 'connect' : 'disconnect')));
    device.muteLogins(false);
    const { desired_state } = await hub.statusOf(gateway);
    const stored = await hub.http.get(`/api/gateways/${gateway.id}`).expect(200);
    expect((stored.body as { desired_state: string }).desired_state).toBe(desired_state);
    await hub.order(gateway, 'disconnect');
    await hub.order(gateway, 'connect');
    await hub.reaches(gateway, { state: 'connected' });
    expect(device.openConnections).toBe(1);
    expect(device.maxOpenConnections).toBe(1);
  });
});

describe('while an old socket is still closing', () => {
  const hub = aHub({ ...PATIENT, CLOSE_TIMEOUT_MS: '20000' });

  async function aFrozenSession() {
    const device = await aDevice();
    const gateway = await subscribed(hub, device);
    device.freeze();
    return { device, gateway };
  }

  it('LIFECYCLE-02: a changed url is dialled only when it is closed', async () => {
    const { device, gateway } = await aFrozenSession();
    await beside(hub, () => hub.put(gateway, { url: `${device.url}/moved` }));
    await hub.everythingIsDone();
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connecting' });
    expect(device.upgradesAsked).toBe(1);

    device.thaw();
    await hub.reaches(gateway, { state: 'connected' });
    expect(device.closes).toMatchObject([{ code: 1000 }]);
    expect(seenBy(device)).toEqual({ upgradesAsked: 2, logins: 2, maxOpenConnections: 1 });
  });

  it('LIFECYCLE-02: of several changed urls only the last is ever dialled', async () => {
    const { device, gateway } = await aFrozenSession();
    const others = [await aDevice(), await aDevice(), await aDevice()];
    for (const { url } of others) await beside(hub, () => hub.put(gateway, { url }));
    device.thaw();
    await hub.reaches(gateway, { state: 'connected' });
    expect(others.map(({ upgradesAsked }) => upgradesAsked)).toEqual([0, 0, 1]);
    expect(device.closes).toMatchObject([{ code: 1000 }]);
  });

  it.each(['connect', 'disconnect'] as const)(
    'STATUS-02, STATUS-03: the last of many alternating orders, %s, takes effect',
    async (last) => {
      const { device, gateway } = await aFrozenSession();
      const first = last === 'connect' ? 'disconnect' : 'connect';
      for (let turn = 0; turn < 5; turn += 1) {
        await hub.order(gateway, first);
        await beside(hub, () => hub.order(gateway, last));
      }
      device.thaw();
      const dials = last === 'connect' ? 2 : 1;
      await hub.reaches(gateway, { state: last === 'connect' ? 'connected' : 'disconnected' });
      await eventually(() => expect(device.openConnections).toBe(dials - 1));
      await hub.everythingIsDone();
      expect(seenBy(device)).toEqual({ upgradesAsked: dials, logins: dials, maxOpenConnections: 1 });
    },
  );

  it('LIFECYCLE-03: a delete after a connect order prevents another dial', async () => {
    const { device, gateway } = await aFrozenSession();
    await hub.order(gateway, 'disconnect');
    await hub.order(gateway, 'connect');
    await beside(hub, () => hub.delete(gateway));
    device.thaw();
    await eventually(() => expect(device.closes).toMatchObject([{ code: 1000 }]));
    await hub.everythingIsDone();
    await expectGone(hub, gateway);
    expect(seenBy(device)).toEqual({ upgradesAsked: 1, logins: 1, maxOpenConnections: 1 });
  });
});

describe('while retries are frequent', () => {
  const hub = aHub(HASTY);

  /** Waits until another gateway has failed so often that this one would have been retried as well. */
  async function manyRetriesLater(): Promise<void> {
    const neighbour = await aDevice();
    neighbour.rejectUpgrade(503);
    await hub.fails(await hub.create(neighbour), 10);
  }

  async function aRejectedGateway() {
    const device = await aDevice();
    device.rejectUpgrade(503);
    const gateway = await hub.create(device);
    await hub.fails(gateway, 3);
    return { device, gateway };
  }

  it('STATUS-03: a disconnect ends them, each time', async () => {
    const { device, gateway } = await aRejectedGateway();
    for (const number of TEN) {
      await hub.order(gateway, 'connect');
      await hub.fails(gateway, number % 3);
      const [status] = await beside(hub, () => hub.order(gateway, 'disconnect'));
      expect(status).toMatchObject({ state: 'disconnected', attempt: 0, next_retry_at: null });
    }
    await hub.everythingIsDone();
    const { upgradesAsked } = device;
    device.rejectUpgrade(null);
    await manyRetriesLater();
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'disconnected' });
    expect(seenBy(device)).toEqual({ upgradesAsked, logins: 0, maxOpenConnections: 0 });
  });

  it('LIFECYCLE-03: a delete ends them', async () => {
    const { device, gateway } = await aRejectedGateway();
    await beside(hub, () => hub.delete(gateway));
    await hub.everythingIsDone();
    const { upgradesAsked } = device;
    device.rejectUpgrade(null);
    await manyRetriesLater();
    await expectGone(hub, gateway);
    expect(seenBy(device)).toEqual({ upgradesAsked, logins: 0, maxOpenConnections: 0 });
  });

  it('LIFECYCLE-02: a changed e-mail is the only one sent from then on', async () => {
    const device = await aDevice();
    device.closeAt('login');
    const gateway = await hub.create(device);
    await eventually(() => expect(device.logins.length).toBeGreaterThan(2));
    await beside(hub, () => hub.put(gateway, { email: 'new@example.org' }));
    await hub.everythingIsDone();
    const before = device.logins.length;
    await eventually(() => expect(device.logins.length).toBeGreaterThan(before + 3));
    expect(new Set(device.logins.slice(before).map((login) => login.email))).toEqual(new Set(['new@example.org']));
    expect(device.maxOpenConnections).toBe(1);
  });

  it('STATUS-02: ten concurrent orders after refused logins cause one try', async () => {
    const device = await aDevice({ password: 'another horse' });
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { state: 'auth_failed', attempt: 3, next_retry_at: null });
    device.muteLogins(true); // The login stays pending until all ten orders have been answered.
    await beside(hub, ...TEN.map(() => () => hub.order(gateway, 'connect')));
    await eventually(() => expect(device.logins).toHaveLength(4));
    await hub.everythingIsDone();
    expect(seenBy(device)).toEqual({ upgradesAsked: 4, logins: 4, maxOpenConnections: 1 });
  });
});

describe('concurrent creates and deletes', () => {
  const hub = aHub(HASTY);

  it('LIFECYCLE-01, LIFECYCLE-03: a gateway that is deleted as soon as it is created leaves no socket', async () => {
    const devices = await Promise.all(TEN.map(() => aDevice()));
    const gateways = await beside(
      hub,
      ...devices.map((device) => async () => {
        const gateway = await hub.create(device);
        await hub.delete(gateway);
        return gateway;
      }),
    );
    await expectGone(hub, ...gateways);
    await hub.everythingIsDone();
    await eventually(() => expect(devices.map(({ openConnections }) => openConnections)).toEqual(TEN.map(() => 0)));
    const dials = devices.map(({ upgradesAsked }) => upgradesAsked);
    await hub.everythingIsDone();
    expect(devices.map(({ upgradesAsked }) => upgradesAsked)).toEqual(dials);
    expect(Math.max(...devices.map(({ maxOpenConnections }) => maxOpenConnections))).toBeLessThanOrEqual(1);
  });

  it('LIFECYCLE-03: a factory delete leaves no socket while its gateways are at every step and more are created', async () => {
    const doomed = await createFactory(hub.http);
    const [live, hanging, silent, rejecting, ...newcomers] = await Promise.all(TEN.map(() => aDevice()));
    if (!live || !hanging || !silent || !rejecting) throw new Error('ten devices are more than four');
    hanging.freeze();
    silent.muteLogins(true);
    rejecting.rejectUpgrade(503);
    const devices = [live, hanging, silent, rejecting];
    const gateways = await Promise.all(devices.map((device) => createGateway(hub.http, doomed, device)));
    await eventually(() => {
      expect([live.subscribedConnections, hanging.upgradesAsked, silent.logins.length]).toEqual([1, 1, 1]);
      expect(rejecting.upgradesAsked).toBeGreaterThan(1);
    });

    await beside(
      hub,
      async () => {
        await hub.http.delete(`/api/factories/${doomed.id}`).expect(204);
      },
      ...newcomers.map(({ url }, number) => async () => {
        const body = { factory_id: doomed.id, gateway_id: `GW-LATE-${number}`, name: 'Late', url, ...LOGIN };
        const answer = await hub.http.post('/api/gateways').send(body);
        expect([201, 422]).toContain(answer.status);
        if (answer.status === 201) gateways.push(answer.body as (typeof gateways)[number]);
      }),
    );
    await expectGone(hub, ...gateways);
    devices.push(...newcomers);
    hanging.thaw();
    silent.muteLogins(false);
    rejecting.rejectUpgrade(null);
    await hub.everythingIsDone();
    const dials = devices.map(({ upgradesAsked }) => upgradesAsked);
    await eventually(() => expect(devices.map(({ openConnections }) => openConnections)).toEqual(TEN.map(() => 0)));
    await hub.everythingIsDone();
    expect(devices.map(({ upgradesAsked }) => upgradesAsked)).toEqual(dials);
    expect(Math.max(...devices.map(({ maxOpenConnections }) => maxOpenConnections))).toBe(1);
    expect([live, silent].map(({ closes }) => closes.at(-1)?.code)).toEqual([1000, 1000]);
  });
});
