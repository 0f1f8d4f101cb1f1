import { decodeAxis } from '../../src/readings/storage/codec/axis-codec';
import { readingIdOf } from '../../src/readings/storage/stored-reading';
import type { NewReading } from '../../src/readings/reading';
import { aRecord, aWave, ReadingsStore } from './support/readings';
import { Store } from './support/store';

let store: Store;
let readings: ReadingsStore;
let gatewayId: string;

beforeAll(async () => {
  store = await Store.create();
  readings = new ReadingsStore(store);
});

afterAll(() => store.drop());

/** Each test has a gateway of its own. */
beforeEach(async () => {
  const { id: factoryId } = await store.addFactory({ timezone: 'Europe/Madrid' });
  gatewayId = (await store.addGateway({ factoryId })).id;
});

const record = (changes: Partial<NewReading> = {}): NewReading => aRecord(gatewayId, changes);
const vibration = (changes: Partial<NewReading> = {}): NewReading =>
  record({ kind: 'vibration', value: null, axes: { x: aWave(1), z: aWave(2) }, ...changes });

/** The rows of this test's gateway, in the order of their numbers. */
function rowsOf(kind = 'temperature'): Promise<Record<string, unknown>[]> {
  return store.sql(
    `SELECT readings.*, readings.day::text, readings.number::float8, readings.feed_position::float8, sensors.serial::float8
     FROM ${kind}_readings AS readings JOIN sensors ON sensors.number = readings.sensor_number
     WHERE sensors.gateway_id = $1 ORDER BY readings.number`,
    [gatewayId],
  );
}

function ledger(): Promise<Record<string, unknown>[]> {
  return store.sql(
    `SELECT kind, era, scope, known::text, absent::text, last_day::text FROM record_ranges WHERE gateway_id = $1 ORDER BY kind, era`,
    [gatewayId],
  );
}

describe('a new record', () => {
  it('becomes a reading, with a sensor if nobody has named it before', async () => {
    const [stored] = await readings.store(record({ extra: { Volt: 2.9 } }));

    expect(stored).toMatchObject({ outcome: 'new', kind: 'temperature', gatewayId, serial: 30000033, opensEra: false });
    expect(await rowsOf()).toMatchObject([
      {
        ...{ serial: 30000033, era: 1, record_id: '41', day: '2026-05-21', value: 23, extra: { Volt: 2.9 } },
        ...{ time_text: '2026-05-21 14:07', time_quality: 'minute', origin: 'live' },
        measured_at: new Date('2026-05-21T12:07:00Z'),
        received_at: new Date('2026-05-21T12:07:30Z'),
      },
    ]);
    const [row] = await rowsOf();
    expect(readingIdOf(stored?.row ?? { day: '', number: 0 })).toBe(`2026-05-21-${Number(row?.['number'])}`);
    const sensors = await store.sql('SELECT id, number, serial FROM sensors WHERE gateway_id = $1', [gatewayId]);
    expect(sensors).toEqual([{ id: stored?.owner?.sensorId, number: stored?.owner?.sensorNumber, serial: '30000033' }]);
  });

  it('with a waveform: its statistics in single precision, the samples exactly, the rate of the sensor', async () => {
    await readings.store(record({ value: 1 })); // Makes the sensor.
    await store.sql(`UPDATE sensors SET fs_hz = 25600 WHERE gateway_id = $1 RETURNING id`, [gatewayId]);
    const reported = { x: { peak: 1.01, peakToPeak: 2.02, rms: 0.7111111111 } };

    const [stored] = await readings.store(vibration({ reported }));

    const [row] = await rowsOf('vibration');
    expect(row).toMatchObject({
      ...{ samples: 256, sample_rate_hz: 25600, rate_source: 'sensor', waveform_state: 'stored', pinned: false },
      ...{ x_reported_peak: 1.01, x_reported_rms: 0.7111111111, y_rms: null, x_velocity_rms: null },
    });
    const rms = Math.fround(Math.sqrt(aWave(2).reduce((sum, sample) => sum + sample ** 2, 0) / 256));
    expect(row?.['z_rms']).toBeCloseTo(rms, 2);
    expect(stored?.row?.figures['zRms']).toBe(Math.fround(Number(row?.['z_rms'])));
    const [blocks] = await store.sql<Record<string, Buffer | null>>('SELECT x, y, z FROM waveforms WHERE number = $1', [
      stored?.row?.number,
    ]);
    expect(decodeAxis(blocks?.['x'] ?? Buffer.alloc(0))).toEqual(aWave(1));
    expect(decodeAxis(blocks?.['z'] ?? Buffer.alloc(0))).toEqual(aWave(2));
    expect(blocks?.['y']).toBeNull();
  });

  it('uses the sampling rate that an operator has set', async () => {
    await readings.store(record());
    await store.sql(
      `UPDATE sensors SET fs_hz = 25600, settings = '{"sample_rate_hz": 12800}' WHERE gateway_id = $1 RETURNING id`,
      [gatewayId],
    );
    await readings.store(vibration());
    expect(await rowsOf('vibration')).toMatchObject([{ sample_rate_hz: 12800, rate_source: 'operator' }]);
  });

  describe('has the velocity of its axes', () => {
    /** Velocity RMS in mm/s of a sine of 100 Hz with this amplitude in g. */
    const expected = (amplitude: number) => (amplitude * 9806.65) / (200 * Math.PI) / Math.SQRT2;
    const tone = (amplitude: number, rate: number, length: number) =>
      Float64Array.from({ length }, (_, n) => Number((amplitude * Math.sin((200 * Math.PI * n) / rate)).toFixed(5)));
    const rateOf = async (rate: number) => {
      await readings.store(record({ value: 1 })); // Makes the sensor.
      await store.sql(`UPDATE sensors SET fs_hz = $2 WHERE gateway_id = $1 RETURNING id`, [gatewayId, rate]);
    };

    it('if the record is long enough', async () => {
      await rateOf(2560);
      await readings.store(vibration({ axes: { x: tone(0.5, 2560, 4096), y: tone(1, 2560, 6400), z: aWave(1, 100) } }));
      const [row] = await rowsOf('vibration');
      expect(Number(row?.['x_velocity_rms']) / expected(0.5)).toBeCloseTo(1, 2);
      expect(Number(row?.['y_velocity_rms']) / expected(1)).toBeCloseTo(1, 2);
      expect(row?.['z_velocity_rms']).toBeNull();
    });

    it('not if it is too short, or the rate is unknown', async () => {
      await readings.store(vibration({ axes: { x: tone(0.5, 2560, 4096) } }));
      await rateOf(25_600);
      await readings.store(vibration({ axes: { x: tone(0.5, 25_600, 4096) }, recordId: 42 }));
      expect(await rowsOf('vibration')).toMatchObject([{ x_velocity_rms: null }, { x_velocity_rms: null }]);
    });

    it('once the rate is known, from the next copy of the record', async () => {
      const whole = vibration({ axes: { x: tone(0.5, 2560, 4096) } });
      await readings.store(whole);
      await rateOf(2560);
      expect(await readings.outcomesOf(whole, whole)).toEqual(['completed', 'unchanged']);
      const [row] = await rowsOf('vibration');
      expect(row).toMatchObject({ sample_rate_hz: 2560, rate_source: 'sensor' });
      expect(Number(row?.['x_velocity_rms']) / expected(0.5)).toBeCloseTo(1, 2);
    });

    it('with the rate at which it was stored, whatever the rate is when a copy arrives', async () => {
      const [short, long] = [
        vibration({ axes: { x: tone(1, 25_600, 4096) } }),
        vibration({ axes: { x: tone(1, 25_600, 32_768) }, recordId: 42 }),
      ];
      await rateOf(25_600);
      await readings.store(short, long);
      const before = await rowsOf('vibration');
      await rateOf(2560);
      expect(await readings.outcomesOf(short, long)).toEqual(['unchanged', 'unchanged']);
      expect(await rowsOf('vibration')).toEqual(before);
      expect(before).toMatchObject([
        { x_velocity_rms: null },
        { x_velocity_rms: expect.closeTo(expected(1), 0) as number },
      ]);
    });
  });

  it('without a waveform, or with axes without samples', async () => {
    await readings.store(vibration({ axes: { y: new Float64Array(0) } }));
    expect(await rowsOf('vibration')).toMatchObject([{ samples: 0, waveform_state: 'none', x_mean: null }]);
  });

  it('of a gateway that is no longer in the database is skipped, and the others are stored', async () => {
    const orphan = record({ gatewayId: '00000000-0000-4000-8000-000000000001' });
    expect(await readings.outcomesOf(orphan, record())).toEqual(['orphaned', 'new']);
    expect(await rowsOf()).toHaveLength(1);
  });

  it('may contain what PostgreSQL refuses in text, and statistics that single precision cannot hold', async () => {
    const text = '2026-05-21\0\ud800';
    const stored = await readings.outcomesOf(
      record({ timeText: text, extra: { 'a\0': '\ud800' } }),
      vibration({ axes: { x: Float64Array.of(3e38, -3e38), y: Float64Array.of(1e-6, 0) } }),
      vibration({ recordId: 42, axes: { x: Float64Array.of(1e-30, -1e-30, 1e-30) } }),
    );
    expect(stored).toEqual(['new', 'new', 'new']);
    expect(await rowsOf()).toMatchObject([{ time_quality: 'receipt', extra: { 'a\ufffd': '\ufffd' } }]);
  });

  it('is the latest of its sensor if it was measured last, and not in the future', async () => {
    const latest = () =>
      store.sql(
        `SELECT latest_temperature_measured_at AS at, latest_temperature_day::text AS day, latest_temperature_value AS value,
           latest_vibration_value AS vibration FROM sensors WHERE gateway_id = $1`,
        [gatewayId],
      );
    await readings.store(
      record(),
      record({ recordId: 39, timeText: '2026-05-20 10:00', origin: 'history', value: 20 }),
    );
    const first = { at: new Date('2026-05-21T12:07:00Z'), day: '2026-05-21', value: 23, vibration: null };
    expect(await latest()).toEqual([first]);

    await readings.store(record({ recordId: 50, timeText: '2031-01-01 00:00', value: 99 }), vibration());
    expect(await latest()).toMatchObject([{ ...first, vibration: expect.closeTo(Math.SQRT2, 1) as number }]);

    await readings.store(record({ recordId: 51, timeText: '2026-05-21 14:08', value: 24 }));
    expect(await latest()).toMatchObject([{ value: 24 }]);
  });
});

describe('a record that comes again', () => {
  const later = { origin: 'history', receivedAt: new Date('2026-06-21T08:00:00Z') } as const;

  it.each<[string, Partial<NewReading>, Partial<NewReading>, string, number]>([
    ['unchanged, in another batch', {}, later, 'unchanged', 1],
    ['live again, after a reconnect', {}, {}, 'unchanged', 1],
    [
      'with the minutes of its time',
      { timeText: '2026-05-21' },
      { ...later, timeText: '2026-05-21 14:07' },
      'completed',
      1,
    ],
    ['with fields that nobody knows', {}, { ...later, extra: { Volt: 2.9 } }, 'completed', 1],
    ['with its value', { value: null }, { ...later, value: 23 }, 'completed', 1],
    ['without its value', {}, { ...later, value: null }, 'unchanged', 1],
    ['with a value that is rounded differently, out of the history', {}, { ...later, value: 22.8 }, 'conflict', 1],
    ['with another value, out of the history', {}, { ...later, value: 24 }, 'new', 2],
    ['at another minute, out of the history', {}, { ...later, timeText: '2026-05-21 14:09' }, 'new', 2],
    ['with another value, live', {}, { value: 24 }, 'new', 2],
    ['with the id of another day', {}, { timeText: '2026-05-22 14:07' }, 'new', 2],
    ['of another sensor', {}, { serial: 30000034 }, 'new', 2],
    ['of another kind', {}, { kind: 'battery' }, 'new', 1],
    ['without an id', { recordId: null }, { ...later, recordId: null }, 'unchanged', 1],
    ['without an id, and with another value', { recordId: null }, { recordId: null, value: 24 }, 'new', 2],
    [
      'without a time',
      { timeText: null },
      { ...later, timeText: null, receivedAt: new Date('2026-06-01T00:00:00Z') },
      'unchanged',
      1,
    ],
    ['without id and time', { timeText: null, recordId: null }, { timeText: '?', recordId: null }, 'new', 2],
  ])('%s', async (_, first, second, outcome, rows) => {
    expect(await readings.outcomesOf(record(first))).toEqual(['new']);
    const [before] = await rowsOf();

    expect(await readings.outcomesOf(record({ ...first, ...second }))).toEqual([outcome]);

    const [row, ...others] = await rowsOf();
    expect(1 + others.length).toBe(rows);
    if (outcome !== 'completed') expect(row).toEqual(before);
    else {
      expect(row).toMatchObject({ number: before?.['number'], received_at: before?.['received_at'], origin: 'live' });
      expect(Number(row?.['feed_position'])).toBeGreaterThan(Number(before?.['feed_position']));
    }
  });

  it('twice in one batch is one reading', async () => {
    const twice = [record({ timeText: '2026-05-21', value: null }), record(), record({ recordId: 42 }), record()];
    const stored = await readings.store(...twice);
    expect(stored.map(({ outcome }) => outcome)).toEqual(['new', 'completed', 'new', 'unchanged']);
    expect(new Set(stored.map(({ row }) => row?.number)).size).toBe(2);
    expect(await rowsOf()).toMatchObject([{ record_id: '41', value: 23, time_quality: 'minute' }, { record_id: '42' }]);
  });

  it('with a waveform that was missing, and then with another axis', async () => {
    const blocksOf = (number: number | undefined) =>
      store.sql<Record<string, Buffer>>('SELECT x, y, z FROM waveforms WHERE number = $1', [number]);
    const [first] = await readings.store(
      vibration({ axes: {}, reported: { x: { peak: 1, peakToPeak: null, rms: null } } }),
    );
    expect(await blocksOf(first?.row?.number)).toEqual([]);

    const [second] = await readings.store(vibration({ axes: { x: aWave(1) } }));
    const [third] = await readings.store(vibration({ axes: { x: aWave(1), y: aWave(3, 512) }, ...later }));
    const [fourth] = await readings.store(vibration({ axes: { y: aWave(3, 512) }, ...later }));

    expect([second, third, fourth].map((each) => each?.outcome)).toEqual(['completed', 'completed', 'unchanged']);
    expect(third?.row?.number).toBe(first?.row?.number);
    const [blocks] = await blocksOf(first?.row?.number);
    expect(decodeAxis(blocks?.['x'] ?? Buffer.alloc(0))).toEqual(aWave(1));
    expect(decodeAxis(blocks?.['y'] ?? Buffer.alloc(0))).toEqual(aWave(3, 512));
    expect(await rowsOf('vibration')).toMatchObject([
      { samples: 512, waveform_state: 'stored', x_reported_peak: 1, y_rms: expect.closeTo(2.1, 1) as number },
    ]);
  });

  it('does not bring back a waveform that the retention has deleted', async () => {
    const [first] = await readings.store(vibration());
    await store.sql(`UPDATE vibration_readings SET waveform_state = 'thinned' WHERE number = $1 RETURNING number`, [
      first?.row?.number,
    ]);
    await store.sql('DELETE FROM waveforms WHERE number = $1 RETURNING number', [first?.row?.number]);
    expect(await readings.outcomesOf(vibration({ axes: { x: aWave(1), y: aWave(1), z: aWave(2) }, ...later }))).toEqual(
      ['completed'],
    );
    expect(await rowsOf('vibration')).toMatchObject([
      { waveform_state: 'thinned', y_rms: expect.closeTo(0.7, 1) as number },
    ]);
    expect(await store.sql('SELECT number FROM waveforms WHERE number = $1', [first?.row?.number])).toEqual([]);
  });

  it('and contradicts its reading is kept with all its samples', async () => {
    await readings.store(vibration());
    const [conflict] = await readings.store(vibration({ axes: { x: aWave(1.005), z: aWave(2) }, ...later }));

    expect(conflict).toMatchObject({ outcome: 'conflict' });
    const kept = await store.sql<{ reason: string; text: string }>(
      `SELECT kind, serial::float8, problem, reason, text FROM unreadable_records WHERE gateway_id = $1`,
      [gatewayId],
    );
    expect(kept).toMatchObject([{ kind: 'vibration', serial: 30000033, problem: 'conflict' }]);
    expect(kept[0]?.reason).toContain('xRms: 0.7');
    expect(JSON.parse(kept[0]?.text ?? '')).toMatchObject({ recordId: 41, axes: { x: [...aWave(1.005)] } });
  });
});

describe('eras and the ledger', () => {
  const at = (day: string, recordId: number, changes: Partial<NewReading> = {}) =>
    record({ recordId, timeText: `${day} 10:00`, receivedAt: new Date(`${day}T09:00:00Z`), ...changes });

  it('the ledger holds the ids of all records, and the day of the highest', async () => {
    await readings.store(at('2026-05-21', 41), at('2026-05-21', 42), at('2026-05-22', 45));
    await readings.store(at('2026-05-21', 44, { origin: 'history' }), record({ recordId: null }));
    expect(await ledger()).toEqual([
      {
        kind: 'temperature',
        era: 1,
        scope: 'gateway',
        known: '{[41,43),[44,46)}',
        absent: '{}',
        last_day: '2026-05-22',
      },
    ]);
  });

  it('an id that arrives after all is no longer absent', async () => {
    await readings.store(at('2026-05-21', 41));
    await store.sql(`UPDATE record_ranges SET absent = '{[42,50)}' WHERE gateway_id = $1 RETURNING era`, [gatewayId]);
    await readings.store(at('2026-05-21', 44));
    expect(await ledger()).toMatchObject([{ known: '{[41,42),[44,45)}', absent: '{[42,44),[45,50)}' }]);
  });

  it('a record that comes again does not touch the ledger', async () => {
    await readings.store(at('2026-05-21', 41));
    const version = () => store.sql('SELECT xmin FROM record_ranges WHERE gateway_id = $1', [gatewayId]);
    const before = await version();
    await readings.store(at('2026-05-21', 41));
    expect(await version()).toEqual(before);
  });

  it('a gateway that counts anew gets another era, and its old records stay as they are', async () => {
    await readings.store(at('2026-05-21', 1000));
    const stored = await readings.store(
      at('2026-05-25', 1),
      at('2026-05-25', 2),
      at('2026-05-20', 999, { origin: 'history' }),
    );
    expect(stored.map(({ opensEra, row }) => [opensEra, row?.era])).toEqual([
      [true, 2],
      [false, 2],
      [false, 1],
    ]);
    expect(await ledger()).toMatchObject([
      { era: 1, known: '{[999,1001)}', last_day: '2026-05-21' },
      { era: 2, known: '{[1,3)}', last_day: '2026-05-25' },
    ]);
    // Out of the history, each is found in its era again.
    const again = await readings.store(
      ...[at('2026-05-21', 1000), at('2026-05-25', 1)].map((each) => ({ ...each, origin: 'history' as const })),
    );
    expect(again.map(({ outcome, row }) => [outcome, row?.era])).toEqual([
      ['unchanged', 1],
      ['unchanged', 2],
    ]);
  });

  it('a known id that arrives live with other content begins an era, and its copies are found in it', async () => {
    await readings.store(at('2026-05-21', 41));
    const other = at('2026-05-21', 41, { value: 30 });
    expect(await readings.store(other)).toMatchObject([{ outcome: 'new', opensEra: true }]);
    expect(await readings.outcomesOf(other, at('2026-05-21', 41))).toEqual(['unchanged', 'unchanged']);
    expect(await rowsOf()).toMatchObject([
      { era: 1, value: 23 },
      { era: 2, value: 30 },
    ]);
  });

  it.each([
    ['in one batch', true],
    ['one after the other', false],
  ])('the same id of two sensors shows that ids are per sensor: %s', async (_, isOneBatch) => {
    const records = [at('2026-05-21', 41), at('2026-05-21', 41, { serial: 30000034 })];
    if (isOneBatch) await readings.store(...records);
    else for (const each of records) await readings.store(each);
    expect(await ledger()).toMatchObject([{ scope: 'sensor' }]);
    // Ids of one sensor say nothing about those of the other: no era begins.
    await readings.store(at('2026-05-29', 3, { serial: 30000034 }));
    expect(await ledger()).toMatchObject([{ scope: 'sensor', known: '{[3,4),[41,42)}' }]);
  });

  it('the same id on another day of the same sensor says nothing about the scope', async () => {
    await readings.store(at('2026-05-21', 41));
    await readings.store(at('2026-05-22', 41));
    expect(await ledger()).toMatchObject([{ scope: 'gateway' }]);
  });
});
