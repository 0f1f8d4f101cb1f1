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
