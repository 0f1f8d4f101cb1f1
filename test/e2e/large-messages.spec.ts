import { aGateway } from '../support/builders';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';

const reading = (bytes: number): string => `{"Type":"NOT_DYN_READING","Data":{"X":"${'1'.repeat(bytes)}"}}`;

describe('a large message before the login is accepted', () => {
  const hub = aHub();

  it('SEC-20: ends the attempt, and a connection test as well', async () => {
    const device = await aDevice();
    device.muteLogins(true);
    const gateway = await hub.create(device);
    await hub.reaches(gateway, { state: 'authenticating' });
    await eventually(async () => {
      device.send(reading(70_000));
      const { reason } = await hub.statusOf(gateway);
      expect(reason).toEqual({
        step: 'login',
        code: 'protocol_error',
        message: 'The gateway sent more than 64 KiB in one message before it accepted the login',
      });
    });
    await hub.http.post(`/api/gateways/${gateway.id}/disconnect`).expect(202);
    await eventually(() => expect(device.openConnections).toBe(0));

    const candidate = aGateway({ url: device.url, factory_id: hub.factory().id });
    const sender = setInterval(() => device.send(reading(70_000)), 20);
    const { body } = (await hub.http.post('/api/gateways/test').send(candidate)) as {
      body: object;
    };
    clearInterval(sender);
    expect(body).toMatchObject({ ok: false });
    expect(JSON.stringify(body)).toContain('"protocol_error"');
  });
});

describe('a session that the gateway has logged out', () => {
  // Long, so that it is the error that is noticed here, and not the answer to a probe in passing.
  const hub = aHub({ HEARTBEAT_INTERVAL_MS: '15000', HEARTBEAT_TIMEOUT_MS: '10000', STABLE_AFTER_MS: '100' });
  // It names a command, so that it does not answer the subscription, which waits for an answer still.
  const sessionExpired = '{"Type":"RTN_ERR","Data":{"Attempt":"GET_DYN_CONNECTED","Error":"session expired"}}';
  const loginTakenBack = '{"Type":"RTN_LOGIN","From":"SERV","Target":"UI","Data":{"Success":false}}';

  it.each([
    ['says that it has expired', sessionExpired],
    ['takes its acceptance back', loginTakenBack],
  ])('is logged in again when the gateway %s', async (_, frame) => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    device.logOut();
    device.send(frame);
    await hub.reaches(gateway, { state: 'connected', reconnects: 1 });
    expect(device.loginCounts).toEqual({ accepted: 2, refused: 0 });
    const { body } = (await hub.http.get(`/api/gateways/${gateway.id}/events`).expect(200)) as { body: object };
    expect(JSON.stringify(body)).toContain('"logged_out"');
  });

  it('reconnects once, and then stays connected, when the gateway refuses the probe that would confirm the logout', async () => {
    const device = await aDevice();
    device.refuseProbes(true);
    const gateway = await hub.connected(device);
    device.send(sessionExpired);
    await hub.reaches(gateway, { state: 'connected', reconnects: 1 });
    await eventually(() => expect(device.subscribedConnections).toBe(1));
    device.send(sessionExpired);
    await eventually(() => expect(device.received.filter((type) => type === 'GET_DYN_CONNECTED')).toHaveLength(2));
    await hub.counts(gateway, device, 4);
    expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', reconnects: 1 });
  });
});

describe('a session that the gateway has logged out without a message', () => {
  // Half of the time-out is over long before the rare question is due: a ping that is ignored is noticed first.
  const hub = aHub({ HEARTBEAT_INTERVAL_MS: '150', HEARTBEAT_TIMEOUT_MS: '2000' });

  it.each([
    ['that answers pings', false],
    ['that ignores pings', true],
  ])('reconnects after an occasional probe, for a gateway %s', async (_, ignoresPings) => {
    const device = await aDevice();
    device.ignorePings(ignoresPings);
    const gateway = await hub.connected(device);
    if (ignoresPings) await hub.reaches(gateway, { liveness: 'probe' });
    device.logOut();
    await eventually(() => expect(device.logins.length).toBeGreaterThan(1));
    await hub.reaches(gateway, { state: 'connected', reconnects: 1 });
  });
});
