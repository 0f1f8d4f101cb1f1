import type { ConnectionPageDto } from '../../src/status/connection-status.dto';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { SimulatedGatewayOptions } from '../../simulator/simulated-gateway';
import { createFactory, createGateway, LOGIN } from '../support/builders';
import { earlierTimer } from '../support/earlier-timer';
import { eventually } from '../support/eventually';
import { aDevice as aDeviceOf, aHub } from '../support/hub';
import { waitOf } from '../support/wait-of';

jest.setTimeout(20_000);

const CLOSE_TIMEOUT_MS = 1000;

// Nothing is tried again, and no login is given up, before the test is long over: whatever happens, an order made it happen.
const PATIENT = {
  RECONNECT_MIN_MS: '60000',
  RECONNECT_MAX_MS: '60000',
  LOGIN_TIMEOUT_MS: '60000',
  CLOSE_TIMEOUT_MS: `${CLOSE_TIMEOUT_MS}`,
};

/** What was sent to a gateway, without what the service asks by itself, such as which sensors there are. */
const orders = ({ received }: SimulatedGateway): string[] => received.filter((type) => !type.startsWith('GET_'));

describe.each(['manual', 'captured'] as const)('the life of a connection to a %s gateway', (profile) => {
  const hub = aHub(PATIENT);
  const aDevice = (options: SimulatedGatewayOptions = {}) => aDeviceOf({ ...options, profile });
  const everythingIsDone = () => hub.everythingIsDone({ profile });

  describe('create', () => {
    it('LIFECYCLE-01: a gateway comes online soon after it is created', async () => {
      const device = await aDevice();
      const gateway = await hub.create(device);
      await hub.reaches(gateway, { state: 'connected', reason: null, attempt: 0 });
      await eventually(() => expect(device.subscribedConnections).toBe(1));
      expect(device.logins).toMatchObject([{ email: LOGIN.email, accepted: true }]);
      expect(orders(device)).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES']);
      expect(device.maxOpenConnections).toBe(1);
    });

    it('LIFECYCLE-01: a gateway whose desired state is disconnected is not dialled', async () => {
      const device = await aDevice();
      const gateway = await hub.create(device, { desired_state: 'disconnected' });
      expect(await hub.statusOf(gateway)).toMatchObject({ state: 'disconnected', desired_state: 'disconnected' });
      await everythingIsDone();
      expect(device.upgradesAsked).toBe(0);
    });

    it('LIFECYCLE-01: the answer does not wait for a gateway that hangs', async () => {
      const device = await aDevice();
      device.freeze();
      const gateway = await hub.create(device);
      expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connecting', reason: null });
    });
  });

  describe('change', () => {
    const NEW_LOGIN = { email: 'new@example.org', password: 'another horse' };

    it('LIFECYCLE-02: a changed url reconnects to the new address', async () => {
      const [device, other] = [await aDevice(), await aDevice()];
      const gateway = await hub.connected(device);
      await hub.http.put(`/api/gateways/${gateway.id}`).send({ url: other.url }).expect(200);
      await eventually(() => expect(other.subscribedConnections).toBe(1));
      expect(device.closes).toMatchObject([{ code: 1000 }]);
      expect(device.received.at(-1)).toBe('POST_UNSUB_CHANGES');
      expect([device.connectionsAccepted, other.connectionsAccepted]).toEqual([1, 1]);
      await hub.reaches(gateway, { state: 'connected', reconnects: 1 });
    });

    it.each(['email', 'password'] as const)('LIFECYCLE-02: a changed %s reconnects with the new one', async (field) => {
      const device = await aDevice();
      const gateway = await hub.connected(device);
      const login = { ...LOGIN, [field]: NEW_LOGIN[field] };
      device.setCredentials(login.email, login.password);
      await hub.http
        .put(`/api/gateways/${gateway.id}`)
        .send({ [field]: NEW_LOGIN[field] })
        .expect(200);
      await eventually(() => expect(device.loginCounts.accepted).toBe(2));
      expect(device.logins.at(-1)).toMatchObject({ email: login.email, accepted: true });
      expect(device.closes).toMatchObject([{ code: 1000 }]);
      expect(device.maxOpenConnections).toBe(1);
      await hub.reaches(gateway, { state: 'connected', attempt: 0 });
    });

    it.each(['url', 'email', 'password'] as const)(
      'LIFECYCLE-02: a changed %s reconnects at once during a back-off',
      async (field) => {
        const [device, other] = [await aDevice(), await aDevice()];
        const changes = { url: other.url, ...NEW_LOGIN };
        const gateway = await hub.connected(device);
        const login = { ...LOGIN, ...(field !== 'url' && { [field]: NEW_LOGIN[field] }) };
        device.setCredentials(login.email, login.password);
        device.drop();
        expect(waitOf(await hub.reaches(gateway, { state: 'reconnecting', attempt: 1 }))).toBeGreaterThan(25_000);

        await hub.http
          .put(`/api/gateways/${gateway.id}`)
          .send({ [field]: changes[field] })
          .expect(200);
        await hub.reaches(gateway, { state: 'connected', attempt: 0, reason: null });
        const reached = field === 'url' ? other : device;
        expect(reached.logins.at(-1)).toMatchObject({ email: login.email, accepted: true });
        expect(device.maxOpenConnections).toBe(1);
        expect(other.maxOpenConnections).toBe(field === 'url' ? 1 : 0);
      },
    );

    it('LIFECYCLE-02: a password that is changed while its login is unanswered is used at once', async () => {
      const device = await aDevice();
      device.muteLogins(true);
      const gateway = await hub.create(device);
      await hub.reaches(gateway, { state: 'authenticating' });
      await eventually(() => expect(device.logins).toHaveLength(1));

      device.muteLogins(false);
      device.setCredentials(LOGIN.email, NEW_LOGIN.password);
      await hub.http.put(`/api/gateways/${gateway.id}`).send({ password: NEW_LOGIN.password }).expect(200);
      await hub.reaches(gateway, { state: 'connected' });
      expect(device.logins.map(({ accepted }) => accepted)).toEqual([false, true]);
      expect(device.closes).toMatchObject([{ code: 1000 }]);
      expect(device.maxOpenConnections).toBe(1);
    });

    it('LIFECYCLE-02: an address that is changed while the old one hangs is dialled at once', async () => {
      const [device, other] = [await aDevice(), await aDevice()];
      device.freeze();
      const gateway = await hub.create(device);
      await eventually(() => expect(device.upgradesAsked).toBe(1));
      await hub.http.put(`/api/gateways/${gateway.id}`).send({ url: other.url }).expect(200);
      await hub.reaches(gateway, { state: 'connected' });
      expect(other.maxOpenConnections).toBe(1);
    });

    it('LIFECYCLE-02: an address that is changed while a connected gateway hangs is dialled after its socket is cut off', async () => {
      const [device, other] = [await aDevice(), await aDevice()];
      const gateway = await hub.connected(device);
      device.freeze();
      const beforeItIsCut = earlierTimer(CLOSE_TIMEOUT_MS - 100);
      await hub.http.put(`/api/gateways/${gateway.id}`).send({ url: other.url }).expect(200);
      expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connecting', reason: null });
      await beforeItIsCut.due;
      expect(other.upgradesAsked).toBe(0);
      await hub.reaches(gateway, { state: 'connected' });
      expect(other.maxOpenConnections).toBe(1);
    });

    it('LIFECYCLE-02: several changes in a row end with the last one, and never with two sockets', async () => {
      const device = await aDevice();
      const gateway = await hub.connected(device);
      device.setCredentials(LOGIN.email, 'horse 5');
      const put = (password: string) => hub.http.put(`/api/gateways/${gateway.id}`).send({ password }).expect(200);
      for (const number of [1, 2, 3, 4, 5]) await put(`horse ${number}`);
      await eventually(() => expect(device.logins.at(-1)).toMatchObject({ accepted: true }));
      await hub.reaches(gateway, { state: 'connected' });
      expect(device.loginCounts.accepted).toBe(2);
      expect(device.maxOpenConnections).toBe(1);
    });

    it.each<[string, object]>([
      ['the name', { name: 'Renamed' }],
      ['the label', { gateway_id: `GW-RENAMED-${profile}` }],
      ['metadata', { metadata: { line: 7 } }],
      ['model and firmware', { model: 'WS300', firmware_version: '2.0' }],
      ['nothing: the same password, url and email again', { ...LOGIN }],
    ])('LIFECYCLE-02: the session stays connected after a change of %s', async (_, changes) => {
      const device = await aDevice();
      const gateway = await hub.connected(device);
      const { since, connected_at } = await hub.statusOf(gateway);
      await hub.http
        .put(`/api/gateways/${gateway.id}`)
        .send({ url: device.url, ...changes })
        .expect(200);
      await everythingIsDone();
      device.notify('temp');
      await hub.counts(gateway, device, 2, { state: 'connected', since, connected_at, reconnects: 0 });
      expect(orders(device)).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES']);
      expect(device.connectionsAccepted).toBe(1);
    });

    it('STATUS-01: a changed name is in the next status', async () => {
      const gateway = await hub.create(null, { desired_state: 'disconnected' });
      const label = `GW-NEW-${profile}`;
      await hub.http.put(`/api/gateways/${gateway.id}`).send({ name: 'New', gateway_id: label }).expect(200);
      expect(await hub.statusOf(gateway)).toMatchObject({ name: 'New', gateway_id: label });
    });
  });

  describe('delete', () => {
    async function expectGone(...gateways: { id: string }[]): Promise<void> {
      const page = (await hub.http.get('/api/connections?limit=100').expect(200)).body as ConnectionPageDto;
      const listed = page.data.map(({ id }) => id);
      for (const { id } of gateways) {
        await hub.http.get(`/api/gateways/${id}/status`).expect(404, /GATEWAY_NOT_FOUND/);
        expect(listed).not.toContain(id);
      }
    }

    it('LIFECYCLE-03: deleting a gateway disconnects it cleanly and removes it from the registry', async () => {
      const device = await aDevice();
      const gateway = await hub.connected(device);
      await hub.http.delete(`/api/gateways/${gateway.id}`).expect(204);
      await expectGone(gateway);
      await eventually(() => expect(device.closes).toMatchObject([{ code: 1000 }]));
      expect(orders(device)).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES', 'POST_UNSUB_CHANGES']);
      await everythingIsDone();
      expect(device.connectionsAccepted).toBe(1);
      await hub.http.post(`/api/gateways/${gateway.id}/connect`).expect(404);
    });

    it('LIFECYCLE-03: deleting a gateway that hangs does not wait for it', async () => {
      const device = await aDevice();
      const gateway = await hub.connected(device);
      device.freeze();
      await hub.http.delete(`/api/gateways/${gateway.id}`).expect(204);
      await expectGone(gateway);
      await everythingIsDone();
      device.thaw();
      await eventually(() => expect(device.openConnections).toBe(0));
    });

    it('LIFECYCLE-03: deleting a gateway during a dial ends the dial', async () => {
      const device = await aDevice();
      device.freeze();
      const gateway = await hub.create(device);
      await eventually(() => expect(device.upgradesAsked).toBe(1));
      await hub.http.delete(`/api/gateways/${gateway.id}`).expect(204);
      await expectGone(gateway);
      await everythingIsDone();
      device.thaw();
      await everythingIsDone();
      expect(device.connectionsAccepted).toBe(0);
    });

    it('LIFECYCLE-03: deleting a factory disconnects all its gateways, and no other', async () => {
      const doomed = await createFactory(hub.http);
      const inside = [await aDevice(), await aDevice(), await aDevice()];
      const outside = await aDevice();
      const gateways = await Promise.all(inside.map((device) => createGateway(hub.http, doomed, device)));
      const neighbour = await hub.connected(outside);
      await Promise.all(gateways.map((gateway) => hub.reaches(gateway, { state: 'connected' })));

      await hub.http.delete(`/api/factories/${doomed.id}`).expect(204);
      await expectGone(...gateways);
      for (const device of inside) {
        await eventually(() => expect(device.closes).toMatchObject([{ code: 1000 }]));
        expect(device.received.at(-1)).toBe('POST_UNSUB_CHANGES');
        expect(device.maxOpenConnections).toBe(1);
      }
      await everythingIsDone();
      expect(await hub.statusOf(neighbour)).toMatchObject({ state: 'connected', reconnects: 0 });
      expect(outside.closes).toEqual([]);
    });
  });
});

describe.each(['manual', 'captured'] as const)('a restart of the service, with %s gateways', (profile) => {
  const hub = aHub(PATIENT);
  /** The same for all tests of the group. */
  const devices: SimulatedGateway[] = [];
  let ids: string[];

  beforeAll(async () => {
    for (let i = 0; i < 5; i += 1) devices.push(await SimulatedGateway.listen({ profile }));
    ids = await Promise.all(devices.map(async (device) => (await hub.create(device)).id));
    await eventually(() => expect(devices.map((device) => device.subscribedConnections)).toEqual([1, 1, 1, 1, 1]));
  });
  afterAll(() => Promise.all(devices.map((device) => device.close())));

  async function states(): Promise<unknown[]> {
    return (await Promise.all(ids.map((id) => hub.statusOf({ id })))).map(({ state }) => state);
  }

  it('LIFECYCLE-04, LIFECYCLE-05, STATUS-03: reconnects all active gateways, and no others', async () => {
    await hub.http.post(`/api/gateways/${String(ids[4])}/disconnect`).expect(202, /"state":"disconnected"/);
    await eventually(() => expect(devices.map(({ openConnections }) => openConnections)).toEqual([1, 1, 1, 1, 0]));

    await hub.restart();
    await eventually(async () =>
      expect(await states()).toEqual(['connected', 'connected', 'connected', 'connected', 'disconnected']),
    );
    expect(devices.map(({ connectionsAccepted }) => connectionsAccepted)).toEqual([2, 2, 2, 2, 1]);
    expect(devices.map(({ maxOpenConnections }) => maxOpenConnections)).toEqual([1, 1, 1, 1, 1]);
    expect(devices.map(({ closes }) => closes.map(({ code }) => code))).toEqual([
      [1000],
      [1000],
      [1000],
      [1000],
      [1000],
    ]);
  });

  it('STATUS-02: keeps the effect of a connect order', async () => {
    await hub.http.post(`/api/gateways/${String(ids[4])}/connect`).expect(202, /"desired_state":"connected"/);
    await eventually(async () => expect(new Set(await states())).toEqual(new Set(['connected'])));
    await hub.restart();
    await eventually(async () => expect(new Set(await states())).toEqual(new Set(['connected'])));
    expect(devices.map(({ maxOpenConnections }) => maxOpenConnections)).toEqual([1, 1, 1, 1, 1]);
  });

  it('LIFECYCLE-05: unsubscribes and closes every session with 1000 at the shutdown', async () => {
    await hub.stop();
    for (const device of devices) {
      expect(device.openConnections).toBe(0);
      expect(device.closes.at(-1)).toMatchObject({ code: 1000 });
      expect(device.received.at(-1)).toBe('POST_UNSUB_CHANGES');
    }
  });
});
