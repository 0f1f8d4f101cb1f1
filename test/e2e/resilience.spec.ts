import type { ConnectionPageDto } from '../../src/status/connection-status.dto';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { createGateway } from '../support/builders';
import type { Variables } from '../support/create-app';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';
import type { Hub } from '../support/hub';

jest.setTimeout(30_000);

let hub: Hub;
let factory: { id: string };

function useHub(variables: Variables = {}): void {
  const own = aHub(variables);
  beforeAll(() => {
    hub = own;
    factory = own.factory();
  });
}

const statusOf = (gateway: { id: string }) => hub.statusOf(gateway);
const reaches = (gateway: { id: string }, expected: object) => hub.reaches(gateway, expected);
const fails = (gateway: { id: string }, times: number) => hub.fails(gateway, times);

async function aConnectedGateway(device: SimulatedGateway) {
  const gateway = await createGateway(hub.http, factory, device);
  await reaches(gateway, { state: 'connected' });
  return gateway;
}

describe('each gateway is its own failure domain', () => {
  useHub({ CONNECT_TIMEOUT_MS: '800', STABLE_AFTER_MS: '5000' });

  const troubles: [string, (device: SimulatedGateway) => unknown][] = [
    ['is down', (device) => device.stopListening()],
    ['hangs', (device) => device.freeze()],
    ['refuses the upgrade', (device) => device.rejectUpgrade(500)],
    ['never answers a login', (device) => device.muteLogins(true)],
    ['drops everyone who logs in', (device) => device.closeAt('subscribe')],
  ];

  it.each(troubles)('ORCH-05, ORCH-06: one that %s does not disturb the others', async (_, provoke) => {
    const neighbours = await Promise.all([aDevice(), aDevice(), aDevice()]);
    const gateways = await Promise.all(neighbours.map((device) => aConnectedGateway(device)));
    const before = await Promise.all(gateways.map(statusOf));
    const troubled = await aDevice();
    const gateway = await aConnectedGateway(troubled);

    await provoke(troubled);
    troubled.drop();
    await fails(gateway, 2);

    for (const [i, device] of neighbours.entries()) {
      expect(device.connectionsAccepted).toBe(1);
      expect(device.logins).toHaveLength(1);
      device.notify('temp');
      const latency_ms = expect.any(Number) as number;
      const status = await hub.counts(gateways[i] ?? gateway, device, 2, { latency_ms });
      expect(status).toMatchObject({ state: 'connected', since: before[i]?.since, reconnects: 0, attempt: 0 });
    }
    expect(troubled.maxOpenConnections).toBeLessThanOrEqual(1);
    troubled.thaw();
    await hub.http.delete(`/api/gateways/${gateway.id}`).expect(204);
    await eventually(() => expect(troubled.openConnections).toBe(0));
  });

  it('ORCH-06: new gateways connect at once while others hang at every step', async () => {
    const troubled = await Promise.all(troubles.map(() => aDevice()));
    await Promise.all(troubled.map((device, i) => troubles[i]?.[1](device)));
    const stuck = await Promise.all(troubled.map((device) => createGateway(hub.http, factory, device)));
    await aConnectedGateway(await aDevice());
    for (const { id } of stuck) await hub.http.delete(`/api/gateways/${id}`).expect(204);
    troubled[1]?.thaw();
    await eventually(() =>
      expect(troubled.map(({ openConnections }) => openConnections)).toEqual(troubled.map(() => 0)),
    );
  });
});

describe('messages from a gateway', () => {
  useHub({ GATEWAY_MAX_MESSAGE_BYTES: `${64 * 1024 * 1024}`, HEARTBEAT_INTERVAL_MS: '60000' });

  it('ORCH-06: a hostile gateway keeps its session, and every message is counted', async () => {
    const device = await aDevice({ profile: 'hostile' });
    const gateway = await aConnectedGateway(device);
    // Sixteen oddities after the login, six after the subscription and, later, an error that names nothing, after which it is asked
    // whether the session is still logged in.
    await hub.counts(gateway, device, 1 + 16 + 6 + 1, { state: 'connected' });
    device.notify('reading');
    device.notify('conn');
    await hub.counts(gateway, device, 26, { state: 'connected', reconnects: 0, attempt: 0 });
    expect(device.logins).toHaveLength(1);
    expect(device.maxOpenConnections).toBe(1);
  });

  it.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['no JSON', 'Traceback (most recent call last):'],
    ['half a frame', '{"Type":"RTN_DYN","Data":'],
    ['an array', '[{"Type":"RTN_LOGIN"}]'],
    ['a number', '17'],
    ['null', 'null'],
    ['NaN', 'NaN'],
    ['a frame with bare NaN', '{"Type":"NOT_DYN_TEMP","Data":{"Temp":NaN,"X":-Infinity}}'],
    ['a type that nobody knows', '{"Type":"NOT_SOMETHING_NEW","Data":{}}'],
    ['a type that is no text', '{"Type":{"a":1}}'],
    ['prototypes', '{"__proto__":{"Type":"RTN_ERR"},"constructor":null}'],
    ['a binary frame', Buffer.from([0, 255, 128, 7])],
    ['an empty binary frame', Buffer.alloc(0)],
    ['JSON in a binary frame', Buffer.from('{"Type":"RTN_DYN","Data":[]}')],
    ['a login that is accepted again', '{"Type":"RTN_LOGIN","Data":{"Success":true}}'],
    ['megabytes of text beside NaN', `{"Type":"RTN_DYN_READINGS","Data":[NaN,"${'x'.repeat(12_000_000)}"]}`],
    ['quotes without end', `{"Type":NaN,"${'\\"'.repeat(500_000)}`],
    ['nesting without end', `{"Type":"NOT_DYN_TEMP","Data":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ])('ORCH-06: %s leaves the session as it is, and is counted', async (_, frame) => {
    const device = await aDevice();
    const gateway = await aConnectedGateway(device);
    device.send(frame);
    device.notify('temp');
    await hub.counts(gateway, device, 3, { state: 'connected', reconnects: 0 });
    expect(device.connectionsAccepted).toBe(1);
  });

  it.each([
    ['nested without end', `${'['.repeat(4000)}${']'.repeat(4000)}`],
    ['as long as is read', `"${'a'.repeat(8000)}"`],
  ])('ORCH-06: an error text that is %s fails only that gateway, and affects no other', async (_, explanation) => {
    const [device, neighbour] = [await aDevice(), await aDevice()];
    const sound = await aConnectedGateway(neighbour);
    const gateway = await aConnectedGateway(device);
    device.muteLogins(true);
    device.send(`{"Type":"RTN_ERR","Data":{"Attempt":"POST_SUB_CHANGES","Error":${explanation}}}`);
    const { reason } = await reaches(gateway, { reason: { code: 'subscribe_refused' } });
    expect(reason?.message.length).toBeLessThan(300);
    expect(await statusOf(sound)).toMatchObject({ state: 'connected', reconnects: 0 });
    device.muteLogins(false);
    await reaches(gateway, { state: 'connected' });
    expect(device.maxOpenConnections).toBe(1);
  });

  it('ORCH-06: a flood of messages from one gateway does not disconnect another', async () => {
    const [loud, quiet] = [await aDevice(), await aDevice()];
    const [noisy, calm] = [await aConnectedGateway(loud), await aConnectedGateway(quiet)];
    for (let i = 0; i < 20_000; i += 1) loud.notify('temp');
    await hub.counts(noisy, loud, 20_001, { state: 'connected' });
    expect(await statusOf(calm)).toMatchObject({ state: 'connected', reconnects: 0 });
    expect([loud, quiet].map(({ connectionsAccepted }) => connectionsAccepted)).toEqual([1, 1]);
  });
});

describe('many gateways that cannot be reached', () => {
  // They want many more dials than there are.
  useHub({ CONNECT_RATE_PER_SECOND: '40', RECONNECT_MIN_MS: '20', RECONNECT_MAX_MS: '40' });

  const UNREACHABLE = 150;

  /** How many dials of all have failed so far. */
  async function failures(): Promise<number> {
    const pages = await Promise.all(
      [0, 100].map((offset) => hub.http.get(`/api/connections?limit=100&offset=${offset}`).expect(200)),
    );
    return pages.flatMap(({ body }) => (body as ConnectionPageDto).data).reduce((sum, { attempt }) => sum + attempt, 0);
  }

  it('ORCH-04, ORCH-06: do not delay a reachable one, or the orders of an operator', async () => {
    const operators = await aDevice();
    await operators.stopListening();
    const ordered = await createGateway(hub.http, factory, operators);
    for (let i = 0; i < UNREACHABLE; i += 1) await createGateway(hub.http, factory, null); // Nobody listens there.
    // All have failed once, and stand in line again.
    await eventually(async () => {
      const page = (await hub.http.get('/api/connections?limit=1&state=connecting').expect(200))
        .body as ConnectionPageDto;
      expect(page.pagination.total).toBeGreaterThan(UNREACHABLE / 2);
      expect((await hub.http.get('/api/connections?limit=100').expect(200)).body).toMatchObject({
        data: Array.from({ length: 100 }, () => ({ reason: { code: 'connect_refused' } })),
      });
    }, 10_000);

    const before = await failures();
    await aConnectedGateway(await aDevice());
    expect((await failures()) - before).toBeLessThan(UNREACHABLE); // Behind them, it would wait for a round of them all.

    // It has just failed again, and so stands behind all the others.
    await fails(ordered, (await statusOf(ordered)).attempt + 1);
    await operators.startListening();
    await reaches(ordered, { state: 'connecting' });
    const beforeOrder = await failures();
    await hub.http.post(`/api/gateways/${ordered.id}/connect`).expect(202);
    await reaches(ordered, { state: 'connected' });
    expect((await failures()) - beforeOrder).toBeLessThan(UNREACHABLE);
    expect(operators.maxOpenConnections).toBe(1);
  });
});
