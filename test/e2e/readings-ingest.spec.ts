import { randomBytes } from 'node:crypto';
import { StoredReadings } from '../../src/readings/ingest/stored-readings';
import type { StoredReading } from '../../src/readings/storage/stored-reading';
import { captureLog } from '../support/captured-log';
import { queryDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';

const SAMPLES = 4096;

describe('what a gateway notifies', () => {
  const hub = aHub();

  /** Everything that is stored from now on. */
  function heard(): StoredReading[] {
    const stored: StoredReading[] = [];
    hub.app.get(StoredReadings).subscribe((reading) => stored.push(reading));
    return stored;
  }

  it.each(['manual', 'captured', 'hostile'] as const)(
    'is stored, with waveforms of more than 64 KiB, in the shape of the profile %s',
    async (profile) => {
      const stored = heard();
      const device = await aDevice({ profile, samples: SAMPLES });
      const gateway = await hub.connected(device);
      await eventually(() => expect(device.subscribedConnections).toBe(1));
      for (const kind of ['temp', 'batt', 'reading'] as const) device.notify(kind);

      await eventually(() => {
        const kinds = stored.filter(({ gatewayId }) => gatewayId === gateway.id).map(({ kind }) => kind);
        expect(new Set(kinds)).toEqual(new Set(['temperature', 'battery', 'vibration']));
      });
      const waveforms = await queryDatabase(
        hub.database,
        `SELECT vibration_readings.samples, octet_length(x) > 0 AS x, octet_length(y) > 0 AS y, octet_length(z) > 0 AS z
       FROM vibration_readings JOIN waveforms USING (day, number) JOIN sensors ON sensors.number = sensor_number
       WHERE gateway_id = '${gateway.id}' LIMIT 1`,
      );
      expect(waveforms).toEqual([{ samples: SAMPLES, x: true, y: true, z: true }]);
    },
  );

  it('is stored when the service stops, though less than a quarter of a second has passed', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    await eventually(() => expect(device.subscribedConnections).toBe(1));
    for (let count = 0; count < 10; count += 1) device.notify('temp');
    await hub.reaches(gateway, { messages_received: 11 });
    await hub.restart();
    const rows = await queryDatabase(
      hub.database,
      `SELECT FROM temperature_readings JOIN sensors ON sensors.number = sensor_number WHERE gateway_id = '${gateway.id}'`,
    );
    expect(rows.length).toBeGreaterThan(0);
  });
});

describe('a record that contradicts what is stored, and one that shows that the gateway counts anew', () => {
  let log = '';
  beforeAll(() => captureLog((text) => (log += text)));
  // In production, because that log is plain JSON.
  const production = { NODE_ENV: 'production', AUTH: 'off', GATEWAY_NETWORKS: '127.0.0.0/8' };
  const hub = aHub({ ...production, ENCRYPTION_KEY: randomBytes(32).toString('base64'), LOG_LEVEL: 'info' });
  afterAll(() => jest.restoreAllMocks());

  it('leave a line each in the log', async () => {
    const device = await aDevice();
    await hub.connected(device);
    await eventually(() => expect(device.subscribedConnections).toBe(1));
    const send = (Type: string, Temp: number) =>
      device.send(JSON.stringify({ Type, Data: [{ ID: 1, Serial: 7, Time: '2026-05-21 14:07', Temp }] }));
    send('NOT_DYN_TEMP', 20);
    send('RTN_DYN_TEMPS', 21);
    send('NOT_DYN_TEMP', 22);
    await eventually(() => {
      expect(log.split('a record contradicts its reading, keeping both')).toHaveLength(2);
      expect(log.split('a gateway numbers its records anew')).toHaveLength(2);
    });
  });
});
