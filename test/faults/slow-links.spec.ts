import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { GatewayCommands } from '../../src/connections/gateway-commands';
import { PRIORITY } from '../../src/gateway-client/conversation/command';
import { aDevice, aHub } from '../support/hub';
import type { Hub } from '../support/hub';
import { eventually } from '../support/eventually';
import type { CreatedGateway } from '../support/builders';
import { isFull } from './support/size';

/** A full run has real sizes and the default settings, a small one a tenth of both. */
const SCALE = isFull ? 1 : 0.1;
/** The longest message takes 42 s. */
const LONGEST_MS = 90_000;

// Set even where they equal the defaults, because the test set-up uses shorter ones.
const settings = {
  HEARTBEAT_INTERVAL_MS: `${15_000 * SCALE}`,
  HEARTBEAT_TIMEOUT_MS: `${10_000 * SCALE}`,
};

const aReading = (bytes: number): string =>
  `{"Type":"NOT_DYN_READING","Data":{"X":"${'1'.repeat(Math.round(bytes * SCALE))}"}}`;

const statusHas = (hub: Hub, gateway: CreatedGateway, expected: object) =>
  eventually(async () => {
    const status = await hub.statusOf(gateway);
    expect(status).toMatchObject(expected);
    return status;
  }, LONGEST_MS);

describe('a large message on a slow link', () => {
  const hub = aHub(settings);

  it.each([
    ['2 MB at 75 kB/s', 2_000_000, 75_000],
    ['16 MB at 400 kB/s', 16 * 1024 * 1024, 400_000],
  ])(
    'does not end the session: %s',
    async (_, bytes, bytesPerSecond) => {
      const device = await aDevice();
      const gateway = await hub.connected(device);
      const sent = device.drip(aReading(bytes), bytesPerSecond);
      const { receiving_since } = await statusHas(hub, gateway, { receiving_since: expect.any(String) as string });
      await sent;
      const after = await statusHas(hub, gateway, { receiving_since: null });
      expect(after).toMatchObject({ state: 'connected', reconnects: 0, attempt: 0 });
      expect(Date.parse(receiving_since ?? '')).toBeLessThanOrEqual(Date.parse(after.last_message_at ?? ''));
      expect(device.logins).toHaveLength(1);
    },
    2 * LONGEST_MS,
  );

  it(
    'leads to a heartbeat timeout when the rest of it does not arrive',
    async () => {
      const device = await aDevice();
      const gateway = await hub.connected(device);
      const sent = device.drip(aReading(10_000_000), 100_000);
      await statusHas(hub, gateway, { receiving_since: expect.any(String) as string });
      device.freeze();
      await statusHas(hub, gateway, { reason: { code: 'heartbeat_timeout', step: 'live' }, receiving_since: null });
      device.thaw();
      await sent;
      await statusHas(hub, gateway, { state: 'connected' });
    },
    2 * LONGEST_MS,
  );
});

describe('a large part of a history, asked for on a slow link', () => {
  const hub = aHub(settings);
  const BYTES = 13_000_000 * SCALE;
  /** Several times the time-out of a gateway that is not busy. */
  const BLOCKED_MS = 45_000 * SCALE;
  /** Few, because they run in the process of the service. */
  const GATEWAYS = 4;

  interface BusyDevice {
    readonly device: SimulatedGateway;
    readonly gateway: CreatedGateway;
    readonly reply: Promise<unknown>;
  }

  /** A connected gateway that collects its history for a while, answers nothing meanwhile, and then sends it slowly. */
  async function aBusyDevice(): Promise<BusyDevice> {
    const device = await aDevice();
    Object.assign(device.answers, { replyTypes: ['GET_DYN_READINGS'], replyDelayMs: BLOCKED_MS, replyBlocks: true });
    Object.assign(device.answers, { replyBytesPerSecond: 200_000, replyMinBytes: BYTES });
    const gateway = await hub.connected(device);
    const options = { priority: PRIORITY.order, deadlineMs: 120_000, answerBytes: 2 * BYTES };
    const reply = hub.app.get(GatewayCommands).send(gateway.id, { type: 'GET_DYN_READINGS', max: 1 }, options);
    reply.catch(() => undefined); // Read by the test, later.
    await statusHas(hub, gateway, { busy: { command: 'GET_DYN_READINGS' } });
    return { device, gateway, reply };
  }

  /** Also says why the session has ended, if it has. */
  async function outcomeOf({ gateway, reply }: BusyDevice): Promise<string> {
    try {
      await reply;
      return 'arrived';
    } catch (error) {
      const { body } = (await hub.http.get(`/api/gateways/${gateway.id}/events`)) as { body: object };
      return `${String(error)} ${JSON.stringify(body)}`;
    }
  }

  it(
    'arrives at 200 kB/s, and no session ends, although the gateways are silent at first',
    async () => {
      const all = await Promise.all(Array.from({ length: GATEWAYS }, aBusyDevice));
      expect(await Promise.all(all.map(outcomeOf))).toEqual(all.map(() => 'arrived'));
      for (const { device, gateway } of all) {
        expect(await hub.statusOf(gateway)).toMatchObject({ state: 'connected', reconnects: 0, attempt: 0 });
        expect(device.logins).toHaveLength(1);
      }
    },
    3 * LONGEST_MS,
  );

  it.each([
    ['before the reply', { receiving_since: null }],
    ['within the reply', { receiving_since: expect.any(String) as string }],
  ])(
    'is given up when the link breaks %s',
    async (_, status) => {
      const { device, gateway, reply } = await aBusyDevice();
      await statusHas(hub, gateway, status);
      device.freeze();
      const ended = { reason: { code: 'heartbeat_timeout', step: 'live' }, receiving_since: null, busy: null };
      await statusHas(hub, gateway, ended);
      await expect(reply).rejects.toMatchObject({ code: 'session_lost' });
    },
    3 * LONGEST_MS,
  );
});
