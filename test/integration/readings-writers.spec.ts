import type { NewReading } from '../../src/readings/reading';
import { aRecord, aWave, encodeAll, ReadingsStore } from './support/readings';
import { DROP_PARTITIONS } from '../support/database';
import { outcomeOf, SideConnection } from './support/side-connection';
import { statementsOf } from './support/statements';
import { Store } from './support/store';

let store: Store;
/** Two services on one database. */
let readings: ReadingsStore;
let others: ReadingsStore;
let second: Store;
let side: SideConnection;
let gatewayId: string;

beforeEach(async () => {
  store = await Store.create();
  second = await Store.on(store.database);
  [readings, others] = [new ReadingsStore(store), new ReadingsStore(second)];
  side = await SideConnection.open(store.database);
  gatewayId = (await store.addGateway()).id;
});

afterEach(async () => {
  await side.close();
  await second.close();
  await store.drop();
});

const record = (recordId: number, changes: Partial<NewReading> = {}): NewReading =>
  aRecord(gatewayId, { recordId, ...changes });

const partitions = async (): Promise<string[]> =>
  (
    await store.sql<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits
       WHERE inhparent IN ('waveforms'::regclass, 'temperature_readings'::regclass) ORDER BY 1`,
    )
  ).map(({ name }) => name);

describe('two writers', () => {
  it('that store the same records at once make each reading once', async () => {
    const records = Array.from({ length: 40 }, (_, index) =>
      record(index % 20, {
        kind: 'vibration',
        value: null,
        axes: { x: aWave(1 + (index % 20), 64) },
        serial: index % 3,
      }),
    );
    const batches = [0, 1, 2, 3].map((start) => records.filter((_, index) => index % 4 <= start));
    const results = await Promise.all(
      batches.flatMap((batch) => [readings.outcomesOf(...batch), others.outcomesOf(...batch.toReversed())]),
    );
    const distinct = new Set(records.map(({ recordId, serial }) => `${recordId} ${serial}`)).size;
    expect(results.flat().filter((outcome) => outcome === 'new')).toHaveLength(distinct);
    expect(new Set(results.flat())).toEqual(new Set(['new', 'unchanged']));
    expect(await store.sql('SELECT number FROM vibration_readings')).toHaveLength(distinct);
    expect(await store.sql('SELECT number FROM waveforms')).toHaveLength(distinct);
    // No foreign key says so.
    const ofSensors =
      'SELECT readings.number FROM vibration_readings AS readings JOIN sensors ON sensors.number = sensor_number';
    expect(await store.sql(ofSensors)).toHaveLength(distinct);
    expect(await store.sql('SELECT scope FROM record_ranges')).toEqual([{ scope: 'sensor' }]);
    expect(await side.deadlocks()).toBe(0);
  });

  it('take turns, so that a position in the feed never appears behind one that was read', async () => {
    await readings.store(record(1));
    const feed = () =>
      store.sql<{ id: string }>('SELECT record_id AS id FROM temperature_readings ORDER BY feed_position');
    // A writer that has drawn its positions and not committed.
    await side.hold('SELECT pg_advisory_xact_lock(727001, 4)');
    await side.query(
      `INSERT INTO temperature_readings (sensor_number, era, record_id, day, number, feed_position, measured_at, received_at,
         time_quality, origin)
       SELECT sensor_number, era, 2, day, n, n, measured_at, received_at, time_quality, origin
       FROM temperature_readings, nextval('reading_numbers') AS n`,
    );
    const waiting = others.store(record(3));
    await side.untilWaiting(1);
    expect(await feed()).toEqual([{ id: '1' }]);

    await side.commit();
    await waiting;
    expect(await feed()).toEqual([{ id: '1' }, { id: '2' }, { id: '3' }]);
  });

  it('a long transaction of somebody else delays neither writers nor the feed', async () => {
    await side.hold(`INSERT INTO organizations (name) VALUES ('long')`);
    await readings.store(record(1));
    expect(await store.sql('SELECT record_id FROM temperature_readings ORDER BY feed_position')).toHaveLength(1);
    await side.rollback();
  });

  it('a batch that fails leaves nothing', async () => {
    await readings.store(record(1));
    const [good, bad] = await encodeAll([record(2), record(3)]);
    const broken = { ...bad, origin: 'nonsense' } as unknown as NonNullable<typeof bad>;
    if (!good) throw new Error('nothing was encoded');

    expect(await outcomeOf(readings.readings.store([good, broken]))).toMatchObject({
      constraint: 'ck_temperature_readings_origin',
    });

    expect(await store.sql('SELECT record_id FROM temperature_readings')).toEqual([{ record_id: '1' }]);
    expect(await store.sql('SELECT known::text FROM record_ranges')).toEqual([{ known: '{[1,2)}' }]);
  });

  it('a batch needs as many statements as a single record', async () => {
    await readings.store(record(1));
    const one = await statementsOf(() => readings.store(record(2)));
    const many = await statementsOf(() =>
      readings.store(...Array.from({ length: 64 }, (_, index) => record(10 + index, { serial: index }))),
    );
    expect(many.length).toBe(one.length + 2); // To add the sensors, and to read them.
    expect(one.length).toBeLessThanOrEqual(9);
    expect(await statementsOf(() => readings.store())).toEqual([]);
  });

  it('look for a stored copy only of records whose id the ledger has, or that have none', async () => {
    const lookups = async (...records: NewReading[]): Promise<number[]> => {
      const statements = await statementsOf(() => readings.store(...records));
      const found = statements.filter(({ text }) => text.includes('JOIN temperature_readings AS stored ON'));
      return found.map(({ values }) => (values[0] as unknown[]).length);
    };
    await readings.store(record(1), record(3));
    expect(await lookups(record(2), record(4))).toEqual([]);
    expect(await lookups(record(3), record(5), record(1))).toEqual([2]);
    expect(await lookups(aRecord(gatewayId, { recordId: null }), record(6))).toEqual([1]);
    expect(await store.sql('SELECT record_id FROM temperature_readings')).toHaveLength(7);
  });
});

describe('sensors that readings add', () => {
  it('use up no number for those that exist: an identity column has two billion', async () => {
    await readings.store(record(1, { serial: 1 }));
    await readings.store(...[2, 3, 4, 5].map((id) => record(id, { serial: 1 })), record(6, { serial: 2 }));
    const [one, two] = await store.sql<{ number: number }>('SELECT number FROM sensors ORDER BY serial');
    expect(two?.number).toBe((one?.number ?? NaN) + 1);
  });
});

describe('partitions', () => {
  beforeEach(() => store.sql(DROP_PARTITIONS));

  it('are made for the days of a batch, by many services at once', async () => {
    const services = Array.from({ length: 6 }, (_, index) => new ReadingsStore(index % 2 ? store : second));
    const days = ['2026-05-21', '2026-06-01', '2025-12-31', '1970-01-01', '9999-12-31'];
    await Promise.all(
      services.map((service, index) =>
        service.store(...days.map((day, at) => record(10 * index + at, { timeText: `${day} 10:00` }))),
      ),
    );
    expect(await partitions()).toEqual([
      ...['temperature_readings_2025_12', 'temperature_readings_2026_05', 'temperature_readings_2026_06'],
      ...['temperature_readings_before_2000', 'temperature_readings_from_2100'],
      ...[
        'waveforms_2025_12',
        'waveforms_2026_05',
        'waveforms_2026_06',
        'waveforms_before_2000',
        'waveforms_from_2100',
      ],
    ]);
    expect(await side.deadlocks()).toBe(0);
  });

  it('are made ahead of time for this month and the next two, without waiting for a batch', async () => {
    await readings.partitions.keepAhead(new Date('2026-11-30T23:00:00Z'));
    expect((await partitions()).slice(3)).toEqual(['waveforms_2026_11', 'waveforms_2026_12', 'waveforms_2027_01']);
    expect(await statementsOf(() => readings.partitions.ensure(['2027-01-31']))).toEqual([]);
  });

  it('are made again if somebody has dropped them', async () => {
    await readings.store(record(1));
    await store.sql('DROP TABLE temperature_readings_2026_05');
    expect(await readings.outcomesOf(record(2))).toEqual(['new']);
  });

  it('have the key, checks and indexes of their table, and no foreign key, and leave blocks uncompressed', async () => {
    await readings.store(record(1));
    const [counts] = await store.sql(
      `SELECT (SELECT count(*)::int FROM pg_index WHERE indrelid = 'vibration_readings_2026_05'::regclass) AS indexes,
         (SELECT string_agg(contype::text, '' ORDER BY contype) FROM pg_constraint
          WHERE conrelid = 'vibration_readings_2026_05'::regclass AND contype <> 'n') AS constraints,
         (SELECT string_agg(attstorage::text, '') FROM pg_attribute
          WHERE attrelid = 'waveforms_2026_05'::regclass AND attname IN ('x', 'y', 'z')) AS storage`,
    );
    expect(counts).toEqual({ indexes: 5, constraints: 'ccccp', storage: 'eee' });
  });
});

describe('records that are no readings', () => {
  const unreadable = (text: string, changes: { gatewayId?: string } = {}) => ({
    ...{ gatewayId, kind: 'vibration' as const, serial: 7, problem: 'unreadable' as const, reason: 'no number', text },
    receivedAt: new Date(),
    ...changes,
  });

  it('are kept, up to a thousand of each gateway, the newest', async () => {
    const other = (await store.addGateway()).id;
    await readings.keptRecords.store([unreadable('of another', { gatewayId: other })]);
    await readings.keptRecords.store(Array.from({ length: 1200 }, (_, index) => unreadable(`first ${index}`)));
    await readings.keptRecords.store([
      unreadable('a\0b'),
      unreadable('gone', { gatewayId: '00000000-0000-4000-8000-000000000001' }),
    ]);

    const kept = await store.sql<{ text: string }>(
      'SELECT text FROM unreadable_records WHERE gateway_id = $1 ORDER BY id',
      [gatewayId],
    );
    expect(kept).toHaveLength(1000);
    expect([kept[0]?.text, kept.at(-1)?.text]).toEqual(['first 201', 'a\ufffdb']);
    expect(await store.sql('SELECT text FROM unreadable_records WHERE gateway_id = $1', [other])).toHaveLength(1);
  });

  it('are deleted after thirty days', async () => {
    await readings.keptRecords.store([unreadable('new')]);
    for (const days of [29, 31]) {
      const ms = Date.now() - days * 86_400_000;
      await side.query(
        `INSERT INTO unreadable_records SELECT $1, gateway_id, kind, serial, problem, reason, 'old', received_at FROM unreadable_records
         WHERE text = 'new'`,
        [`${ms.toString(16).padStart(12, '0')}7000800000000000${days}00`.padEnd(32, '0')],
      );
    }
    expect(await readings.keptRecords.expire()).toBe(1);
    expect(await store.sql('SELECT id FROM unreadable_records')).toHaveLength(2);
  });
});
