import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createFactory, createGateway, LOGIN } from '../support/builders';
import { eventually } from '../support/eventually';
import { Rig } from './support/rig';

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
  const rig = Rig.use(PATIENT);

  async function aHangingDial() {
    const device = await rig.device();
    device.freeze();
    const gateway = await rig.create(device);
    await eventually(() => expect(device.upgradesAsked).toBe(1));
    return { device, gateway };
  }

  it('LIFECYCLE-03: a delete beside other orders ends it, and it never comes through', async () => {
    const { device, gateway } = await aHangingDial();
    await rig.beside(
      () => rig.delete(gateway),
      // These find nothing if they come after the delete.
      async () => {
        await rig.hub.http.post(`/api/gateways/${gateway.id}/connect`);
      },
      async () => {
        await rig.hub.http.put(`/api/gateways/${gateway.id}`).send({ url: `${device.url}/x` });
      },
    );
    await rig.expectGone(gateway);
    await rig.everythingIsDone();
    const { upgradesAsked } = device;
    device.thaw();
    await rig.everythingIsDone();
    await rig.expectGone(gateway);
    expect(seenBy(device)).toEqual({ upgradesAsked, logins: 0, maxOpenConnections: 0 });
  });

  it('STATUS-02: connect orders by ten callers at once add no dial', async () => {
    const { device, gateway } = await aHangingDial();
    await rig.beside(...TEN.map(() => () => rig.order(gateway, 'connect')));
    await rig.everythingIsDone();
    device.thaw();
    await rig.reaches(gateway, { state: 'connected' });
    expect(seenBy(device)).toEqual({ upgradesAsked: 1, logins: 1, maxOpenConnections: 1 });
  });

  it('LIFECYCLE-02: a changed e-mail is the only one that is ever sent', async () => {
    const { device, gateway } = await aHangingDial();
    device.setCredentials('new@example.org', LOGIN.password);
    await rig.beside(() => rig.change(gateway, { email: 'new@example.org' }));
    device.thaw();
    await rig.reaches(gateway, { state: 'connected' });
    expect(device.logins).toMatchObject([{ email: 'new@example.org', accepted: true }]);
    expect(device.maxOpenConnections).toBe(1);
  });
});

describe('while a login is unanswered', () => {
  const rig = Rig.use(PATIENT);

  async function anUnansweredLogin() {
    const device = await rig.device();
    device.muteLogins(true);
    const gateway = await rig.create(device);
    await eventually(() => expect(device.logins).toHaveLength(1));
    return { device, gateway };
  }

  it('LIFECYCLE-03: a delete closes the socket with 1000, and nothing is sent again', async () => {
    const { device, gateway } = await anUnansweredLogin();
    await rig.beside(() => rig.delete(gateway));
    await rig.expectGone(gateway);
    await eventually(() => expect(device.closes).toMatchObject([{ code: 1000 }]));
    device.muteLogins(false);
    await rig.everythingIsDone();
    expect(seenBy(device)).toEqual({ upgradesAsked: 1, logins: 1, maxOpenConnections: 1 });
  });

  it('LIFECYCLE-02: a changed name lets it be', async () => {
    const device = await rig.device();
    device.slowDown(300);
    const gateway = await rig.create(device);
    await eventually(() => expect(device.logins).toHaveLength(1));
    await rig.beside(() => rig.change(gateway, { name: 'Renamed' }));
    await rig.reaches(gateway, { state: 'connected', name: 'Renamed' });
    expect(seenBy(device)).toEqual({ upgradesAsked: 1, logins: 1, maxOpenConnections: 1 });
  });

  it('LIFECYCLE-02: the refusal of a password comes too late when there is a new one', async () => {
    const device = await rig.device();
    device.slowDown(300);
    const gateway = await rig.create(device, { password: 'wrong horse' });
    await eventually(() => expect(device.logins).toHaveLength(1));
    await rig.beside(() => rig.change(gateway, { password: LOGIN.password }));
    expect(await rig.reaches(gateway, { state: 'connected' })).toMatchObject({ attempt: 0, reason: null });
    expect(device.logins.map(({ accepted }) => accepted)).toEqual([false, true]);
    expect(device.maxOpenConnections).toBe(1);
  });

  it('STATUS-02, STATUS-03: of orders at once the table and the status agree which came last, and the next one counts', async () => {
    const { device, gateway } = await anUnansweredLogin();
    await rig.beside(...TEN.map((number) => () => rig.order(gateway, number % 2 ? 'connect' : 'disconnect')));
    device.muteLogins(false);
    const { desired_state } = await rig.status(gateway);
    const stored = await rig.hub.http.get(`/api/gateways/${gateway.id}`).expect(200);
    expect((stored.body as { desired_state: string }).desired_state).toBe(desired_state);
    await rig.order(gateway, 'disconnect');
    await rig.order(gateway, 'connect');
    await rig.reaches(gateway, { state: 'connected' });
    expect(device.openConnections).toBe(1);
    expect(device.maxOpenConnections).toBe(1);
  });
});

describe('while an old socket is still closing', () => {
  const rig = Rig.use({ ...PATIENT, CLOSE_TIMEOUT_MS: '20000' });

  async function aFrozenSession() {
    const device = await rig.device();
    const gateway = await rig.connected(device);
    device.freeze();
    return { device, gateway };
  }

  it('LIFECYCLE-02: a changed url is dialled only when it is closed', async () => {
    const { device, gateway } = await aFrozenSession();
    await rig.beside(() => rig.change(gateway, { url: `${device.url}/moved` }));
    await rig.everythingIsDone();
    expect(await rig.status(gateway)).toMatchObject({ state: 'connecting' });
    expect(device.upgradesAsked).toBe(1);

    device.thaw();
    await rig.reaches(gateway, { state: 'connected' });
    expect(device.closes).toMatchObject([{ code: 1000 }]);
    expect(seenBy(device)).toEqual({ upgradesAsked: 2, logins: 2, maxOpenConnections: 1 });
  });

  it('LIFECYCLE-02: of several changed urls only the last is ever dialled', async () => {
    const { device, gateway } = await aFrozenSession();
    const others = [await rig.device(), await rig.device(), await rig.device()];
    for (const { url } of others) await rig.beside(() => rig.change(gateway, { url }));
    device.thaw();
    await rig.reaches(gateway, { state: 'connected' });
    expect(others.map(({ upgradesAsked }) => upgradesAsked)).toEqual([0, 0, 1]);
    expect(device.closes).toMatchObject([{ code: 1000 }]);
  });

  it.each(['connect', 'disconnect'] as const)(
    'STATUS-02, STATUS-03: of many orders in turn the last, %s, counts',
    async (last) => {
      const { device, gateway } = await aFrozenSession();
      const first = last === 'connect' ? 'disconnect' : 'connect';
      for (let turn = 0; turn < 5; turn += 1) {
        await rig.order(gateway, first);
        await rig.beside(() => rig.order(gateway, last));
      }
      device.thaw();
      const dials = last === 'connect' ? 2 : 1;
      await rig.reaches(gateway, { state: last === 'connect' ? 'connected' : 'disconnected' });
      await eventually(() => expect(device.openConnections).toBe(dials - 1));
      await rig.everythingIsDone();
      expect(seenBy(device)).toEqual({ upgradesAsked: dials, logins: dials, maxOpenConnections: 1 });
    },
  );

  it('LIFECYCLE-03: a delete after an order to connect again dials no more', async () => {
    const { device, gateway } = await aFrozenSession();
    await rig.order(gateway, 'disconnect');
    await rig.order(gateway, 'connect');
    await rig.beside(() => rig.delete(gateway));
    device.thaw();
    await eventually(() => expect(device.closes).toMatchObject([{ code: 1000 }]));
    await rig.everythingIsDone();
    await rig.expectGone(gateway);
    expect(seenBy(device)).toEqual({ upgradesAsked: 1, logins: 1, maxOpenConnections: 1 });
  });
});

describe('while retries fire all the time', () => {
  const rig = Rig.use(HASTY);

  /** Waits until another gateway has failed so often that this one would have been retried as well. */
  async function manyRetriesLater(): Promise<void> {
    const neighbour = await rig.device();
    neighbour.rejectUpgrade(503);
    await rig.fails(await rig.create(neighbour), 10);
  }

  async function aRejectedGateway() {
    const device = await rig.device();
    device.rejectUpgrade(503);
    const gateway = await rig.create(device);
    await rig.fails(gateway, 3);
    return { device, gateway };
  }

  it('STATUS-03: a disconnect ends them, each time', async () => {
    const { device, gateway } = await aRejectedGateway();
    for (const number of TEN) {
      await rig.order(gateway, 'connect');
      await rig.fails(gateway, number % 3);
      const [status] = await rig.beside(() => rig.order(gateway, 'disconnect'));
      expect(status).toMatchObject({ state: 'disconnected', attempt: 0, next_retry_at: null });
    }
    await rig.everythingIsDone();
    const { upgradesAsked } = device;
    device.rejectUpgrade(null);
    await manyRetriesLater();
    expect(await rig.status(gateway)).toMatchObject({ state: 'disconnected' });
    expect(seenBy(device)).toEqual({ upgradesAsked, logins: 0, maxOpenConnections: 0 });
  });

  it('LIFECYCLE-03: a delete ends them', async () => {
    const { device, gateway } = await aRejectedGateway();
    await rig.beside(() => rig.delete(gateway));
    await rig.everythingIsDone();
    const { upgradesAsked } = device;
    device.rejectUpgrade(null);
    await manyRetriesLater();
    await rig.expectGone(gateway);
    expect(seenBy(device)).toEqual({ upgradesAsked, logins: 0, maxOpenConnections: 0 });
  });

  it('LIFECYCLE-02: a changed e-mail is the only one sent from then on', async () => {
    const device = await rig.device();
    device.closeAt('login');
    const gateway = await rig.create(device);
    await eventually(() => expect(device.logins.length).toBeGreaterThan(2));
    await rig.beside(() => rig.change(gateway, { email: 'new@example.org' }));
    await rig.everythingIsDone();
    const before = device.logins.length;
    await eventually(() => expect(device.logins.length).toBeGreaterThan(before + 3));
    expect(new Set(device.logins.slice(before).map((login) => login.email))).toEqual(new Set(['new@example.org']));
    expect(device.maxOpenConnections).toBe(1);
  });

  it('STATUS-02: of ten orders at once for refused credentials one is a try, and the others wait for it', async () => {
    const device = await rig.device({ password: 'another horse' });
    const gateway = await rig.create(device);
    await rig.reaches(gateway, { state: 'auth_failed', attempt: 3, next_retry_at: null });
    device.muteLogins(true); // The login stays pending until all ten orders have been answered.
    await rig.beside(...TEN.map(() => () => rig.order(gateway, 'connect')));
    await eventually(() => expect(device.logins).toHaveLength(4));
    await rig.everythingIsDone();
    expect(seenBy(device)).toEqual({ upgradesAsked: 4, logins: 4, maxOpenConnections: 1 });
  });
});

describe('creates and deletes that meet', () => {
  const rig = Rig.use(HASTY);

  it('LIFECYCLE-01, LIFECYCLE-03: a gateway that is deleted as soon as it is created leaves no socket', async () => {
    const devices = await Promise.all(TEN.map(() => rig.device()));
    const gateways = await rig.beside(
      ...devices.map((device) => async () => {
        const gateway = await rig.create(device);
        await rig.delete(gateway);
        return gateway;
      }),
    );
    await rig.expectGone(...gateways);
    await rig.everythingIsDone();
    await eventually(() => expect(devices.map(({ openConnections }) => openConnections)).toEqual(TEN.map(() => 0)));
    const dials = devices.map(({ upgradesAsked }) => upgradesAsked);
    await rig.everythingIsDone();
    expect(devices.map(({ upgradesAsked }) => upgradesAsked)).toEqual(dials);
    expect(Math.max(...devices.map(({ maxOpenConnections }) => maxOpenConnections))).toBeLessThanOrEqual(1);
  });

  it('LIFECYCLE-03: a factory is deleted while its gateways are at every step, and while more are created', async () => {
    const doomed = await createFactory(rig.hub.http);
    const [live, hanging, silent, rejecting, ...newcomers] = await Promise.all(TEN.map(() => rig.device()));
    if (!live || !hanging || !silent || !rejecting) throw new Error('ten devices are more than four');
    hanging.freeze();
    silent.muteLogins(true);
    rejecting.rejectUpgrade(503);
    const devices = [live, hanging, silent, rejecting];
    const gateways = await Promise.all(devices.map((device) => createGateway(rig.hub.http, doomed, device)));
    await eventually(() => {
      expect([live.subscribedConnections, hanging.upgradesAsked, silent.logins.length]).toEqual([1, 1, 1]);
      expect(rejecting.upgradesAsked).toBeGreaterThan(1);
    });

    await rig.beside(
      async () => {
        await rig.hub.http.delete(`/api/factories/${doomed.id}`).expect(204);
      },
      ...newcomers.map(({ url }, number) => async () => {
        const body = { factory_id: doomed.id, gateway_id: `GW-LATE-${number}`, name: 'Late', url, ...LOGIN };
        const answer = await rig.hub.http.post('/api/gateways').send(body);
        expect([201, 422]).toContain(answer.status);
        if (answer.status === 201) gateways.push(answer.body as (typeof gateways)[number]);
      }),
    );
    await rig.expectGone(...gateways);
    devices.push(...newcomers);
    hanging.thaw();
    silent.muteLogins(false);
    rejecting.rejectUpgrade(null);
    await rig.everythingIsDone();
    const dials = devices.map(({ upgradesAsked }) => upgradesAsked);
    await eventually(() => expect(devices.map(({ openConnections }) => openConnections)).toEqual(TEN.map(() => 0)));
    await rig.everythingIsDone();
    expect(devices.map(({ upgradesAsked }) => upgradesAsked)).toEqual(dials);
    expect(Math.max(...devices.map(({ maxOpenConnections }) => maxOpenConnections))).toBe(1);
    expect([live, silent].map(({ closes }) => closes.at(-1)?.code)).toEqual([1000, 1000]);
  });
});
