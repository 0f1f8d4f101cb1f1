import { StoredReadings } from '../../src/readings/ingest/stored-readings';
import type { StoredReading } from '../../src/readings/storage/stored-reading';
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
      const { body } = (await hub.http.get(`/api/sensors?gateway_id=${gateway.id}`).expect(200)) as {
        body: { data: { latest_vibration: { reading_id: string } | null }[] };
      };
      const latest = body.data.flatMap(({ latest_vibration }) => latest_vibration?.reading_id ?? []);
      expect(latest).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\d-\d+$/)]);
      await hub.http.get(`/api/readings/${latest[0]}`).expect(200);
    },
  );

  it('is stored when the service stops, though less than a quarter of a second has passed', async () => {
    const device = await aDevice();
    const gateway = await hub.connected(device);
    await eventually(() => expect(device.subscribedConnections).toBe(1));
    for (let count = 0; count < 10; count += 1) device.notify('temp');
    await hub.counts(gateway, device, 11);
    await hub.restart();
    const rows = await queryDatabase(
      hub.database,
      `SELECT FROM temperature_readings JOIN sensors ON sensors.number = sensor_number WHERE gateway_id = '${gateway.id}'`,
    );
    expect(rows.length).toBeGreaterThan(0);
  });
});
