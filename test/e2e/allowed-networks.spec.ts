import type { ConnectionTestDto } from '../../src/connection-tests/connection-test.dto';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { aGateway } from '../support/builders';
import { aDevice, aHub } from '../support/hub';

const PLANT = '10.0.0.0/8, fd00::/8';

describe('a service that may no longer reach this machine', () => {
  const hub = aHub();

  it('SEC-15: keeps the rows of gateways that it may no longer dial, and accepts their unchanged URL', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    await hub.restart({ GATEWAY_NETWORKS: PLANT });
    const { reason } = await hub.reaches(gateway, { state: 'reconnecting', reason: { code: 'address_refused' } });
    expect(reason).toEqual({
      code: 'address_refused',
      step: 'resolve',
      message: '127.0.0.1 is outside the allowed networks (GATEWAY_NETWORKS)',
    });
    await hub.put(gateway, { url: device.url, name: 'Another name' });
    const moved = await hub.http.put(`/api/gateways/${gateway.id}`).send({ url: `${device.url}/x` });
    expect([moved.status, moved.body]).toMatchObject([422, { error: { code: 'ADDRESS_REFUSED' } }]);
    await hub.fails(gateway, 2); // It is tried again, as a name that has no address is.
    expect(device.openConnections).toBe(0);
    await hub.restart({ GATEWAY_NETWORKS: '127.0.0.0/8' });
    await hub.reaches(gateway, { state: 'connected' });
  });
});

describe('a service that may not reach this machine', () => {
  const hub = aHub({ GATEWAY_NETWORKS: PLANT });
  let device: SimulatedGateway;
  beforeEach(async () => (device = await aDevice()));

  const refusals = (): [string, string, (url: string) => Promise<{ status: number; body: unknown }>][] => [
    ['POST', 'create', (url) => hub.http.post('/api/gateways').send(draft({ url }))],
    ['POST', 'test of a draft', (url) => hub.http.post('/api/gateways/test').send(draft({ url }))],
    ['PUT', 'change', async (url) => hub.http.put(`/api/gateways/${await aStoredOne()}`).send({ url })],
    ['POST', 'test of changes', async (url) => testOf(await aStoredOne(), { url })],
  ];
  const draft = (changes: object) => aGateway({ factory_id: hub.factory().id, ...changes });
  const aStoredOne = async () => (await hub.create(null, { url: 'ws://10.0.0.7', desired_state: 'disconnected' })).id;
  const testOf = (id: string, body: object) =>
    hub.http.post(`/api/gateways/${id}/test`).send({ ...draft({}), factory_id: undefined, ...body });

  it.each(refusals())(
    'SEC-15: %s, %s: answers 422 to an address outside the networks, and names the field',
    async (_method, _what, send) => {
      for (const host of ['127.0.0.1', '[::1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]', '169.254.1.1', '8.8.8.8']) {
        const { status, body } = await send(`ws://${host}:${new URL(device.url).port}`);
        expect(status).toBe(422);
        const [address] = /[^[\]]+/.exec(host) ?? [];
        const message = `${address} is outside the allowed networks (GATEWAY_NETWORKS)`;
        expect(body).toMatchObject({
          error: { code: 'ADDRESS_REFUSED', message, details: [{ path: 'url', message, code: 'ADDRESS_REFUSED' }] },
        });
      }
      expect(device.maxOpenConnections).toBe(0);
    },
  );

  it('SEC-15: never dials a name of this machine, from a session or from a test, which fails at the resolve step', async () => {
    const url = `ws://localhost:${new URL(device.url).port}`;
    const gateway = await hub.create(null, { url });
    await hub.reaches(gateway, { state: 'reconnecting', reason: { code: 'address_refused', step: 'resolve' } });
    const answer = await hub.http.post('/api/gateways/test').send(draft({ url })).expect(200);
    const { rungs } = answer.body as ConnectionTestDto;
    expect(rungs.map(({ step, ok }) => [step, ok])).toEqual([
      ['credentials', true],
      ['resolve', false],
    ]);
    expect(rungs.at(-1)?.reason?.message).toMatch(/^(127\.0\.0\.1|::1).* outside the allowed networks/);
    expect(device.maxOpenConnections).toBe(0);
  });

  it('SEC-15: rejects other spellings of its addresses, and says how they are read', async () => {
    for (const host of ['127.000.000.010', '0x7f.1', '2130706433', '127.1', '[::ffff:127.0.0.1]']) {
      const answer = await hub.http.post('/api/gateways').send(draft({ url: `ws://${host}:5000` }));
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(`read as ${new URL(`ws://${host}`).hostname};`);
    }
  });
});
