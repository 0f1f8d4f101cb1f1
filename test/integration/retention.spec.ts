import { Acquisition } from '../../src/acquisitions/acquisition.entity';
import { AcquisitionRetention } from '../../src/acquisitions/acquisition-retention';
import { ExpiredAcquisitionsRepository } from '../../src/acquisitions/expired-acquisitions.repository';
import { EVERYWHERE, SYSTEM } from '../../src/common/actor';
import type { Axis, NewReading } from '../../src/readings/reading';
import { Retention } from '../../src/readings/retention/retention';
import type { Config } from '../../src/config/config';
import { RetentionConnections } from '../../src/readings/retention/retention-connection';
import type { OpenConnection } from '../../src/readings/retention/retention-connection';
import { daysBefore } from '../../src/readings/retention/retention-plan';
import { RetentionRepository } from '../../src/readings/retention/retention.repository';
import type { DropOutcome } from '../../src/readings/retention/retention.repository';
import { PinsRepository } from '../../src/readings/storage/pins.repository';
import { ReadingsQueryRepository } from '../../src/readings/storage/readings-query.repository';
import { WaveformsRepository } from '../../src/readings/storage/waveforms.repository';
import type { ReadingKey } from '../../src/readings/storage/readings-query.repository';
import { decodeAxis } from '../../src/readings/storage/codec/axis-codec';
import { Sensor } from '../../src/sensors/sensor.entity';
import type { Readiness } from '../../src/status/readiness';
import { silentLogger } from '../unit-support/silent-logger';
import { aRecord, aWave, ReadingsStore } from './support/readings';
import { configOf, Store } from './support/store';

let store: Store;
let readings: ReadingsStore;
let queries: ReadingsQueryRepository;
let waveforms: WaveformsRepository;
let pins: PinsRepository;
let retentions: Retention[];

beforeEach(async () => {
  store = await Store.create();
  readings = new ReadingsStore(store);
  queries = new ReadingsQueryRepository(store.dataSource.getRepository(Sensor));
  waveforms = new WaveformsRepository(store.dataSource.getRepository(Sensor));
  pins = new PinsRepository(store.dataSource);
  retentions = [];
});
afterEach(async () => {
  for (const retention of retentions) await retention.stop();
  await store.drop();
});

const TODAY = new Date().toISOString().slice(0, 10);
/** A month whose last day is over 90 days ago: the 10th of the month before the one of that day. */
const OLD = `${daysBefore(`${daysBefore(TODAY, 91).slice(0, 7)}-01`, 1).slice(0, 7)}-10`;
/** Over two years ago. */
const EXPIRED = `${daysBefore(`${daysBefore(TODAY, 731).slice(0, 7)}-01`, 1).slice(0, 7)}-10`;

/** Does something between the copy of a month and its drop. */
class WithWorkBetween extends RetentionRepository {
  constructor(private readonly work: () => Promise<unknown>) {
    super(store.dataSource);
  }

  override async dropWaveforms(...args: Parameters<RetentionRepository['dropWaveforms']>): Promise<DropOutcome> {
    await this.work();
    return super.dropWaveforms(...args);
  }
}

/** Its connection dies before one of its statements, in the transaction that is open then, as it does with the process. */
class DyingConnections extends RetentionConnections {
  isDead = false;

  constructor(
    config: Config,
    private statementsLeft: number,
  ) {
    super(config);
  }

  override async open(): Promise<OpenConnection> {
    const connection = await super.open();
    return {
      ...connection,
      query: async (sql, values) => {
        this.isDead ||= this.statementsLeft === 0;
        this.statementsLeft -= 1;
        if (this.isDead) await connection.query('SELECT pg_terminate_backend(pg_backend_pid())');
        return connection.query(sql, values);
      },
    };
  }
}

function aRetention(
  variables: Record<string, string> = {},
  beforeDrop: () => Promise<unknown> = () => Promise.resolve(),
  connections?: RetentionConnections,
): Retention {
  const config = configOf(store.database, variables);
  const repository = new WithWorkBetween(beforeDrop);
  const used = connections ?? new RetentionConnections(config);
  const retention = new Retention(repository, used, readings.partitions, config, silentLogger());
  retention.start();
  retentions.push(retention);
  return retention;
}

async function aGatewayIn(timezone: string, clockZone?: string): Promise<string> {
  const { id: factoryId } = await store.addFactory({ timezone });
  const { id } = await store.addGateway({ factoryId });
  if (clockZone) await store.gateways.update(SYSTEM, id, { clockZone });
  return id;
}

let lastId = 0;

/** A vibration reading; its amplitude is its id, by which a test knows it again. */
const aVibration = (gatewayId: string, timeText: string, changes: Partial<NewReading> = {}): NewReading => {
  lastId += 1;
  const axes = { x: aWave(lastId, 16), z: aWave(-lastId, 16) };
  const receivedAt = new Date(`${timeText.slice(0, 10)}T12:00:00Z`);
  return aRecord(gatewayId, { kind: 'vibration', recordId: lastId, timeText, axes, receivedAt, ...changes });
};

async function add(...records: NewReading[]): Promise<ReadingKey[]> {
  const stored = await readings.store(...records);
  return stored.map(({ row }) => ({ day: row?.day ?? '', number: String(row?.number) }));
}

const stateOf = async (key: ReadingKey): Promise<string> =>
  (await queries.find(EVERYWHERE, key))?.vibration?.waveformState ?? 'no reading';
const statesOf = (keys: readonly ReadingKey[]) => Promise.all(keys.map(stateOf));
const blocksOf = async (key: ReadingKey, axes: readonly Axis[]) =>
  (await waveforms.find(EVERYWHERE, key, axes))?.blocks ?? null;
const hasWaveform = async (key: ReadingKey): Promise<boolean> => (await blocksOf(key, ['x', 'z'])) !== null;

/** The partitions of a table. */
const partitionsOf = async (table: string): Promise<string[]> =>
  (
    await store.sql(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1`,
      [table],
    )
  ).map((row) => (row as { name: string }).name);
const partitionOf = (table: string, day: string): string => `${table}_${day.slice(0, 7).replace('-', '_')}`;

describe('thinning', () => {
  it('keeps the waveform nearest to noon of each sensor and day, and drops the partition', async () => {
    const gateway = await aGatewayIn('UTC');
    const next = `${OLD.slice(0, 8)}11`;
    const keys = await add(
      ...['09:00', '11:30', '12:40', '18:00'].map((time) => aVibration(gateway, `${OLD} ${time}`)),
      aVibration(gateway, `${OLD} 20:00`, { serial: 30000034 }),
      aVibration(gateway, `${next} 00:10`),
      aVibration(gateway, `${next} 23:00`),
      aVibration(gateway, `${TODAY} 09:00`),
      aVibration(gateway, `${TODAY} 10:00`),
    );
    const retention = aRetention();

    await retention.run();

    const expected = ['thinned', 'stored', 'thinned', 'thinned', 'stored', 'thinned', 'stored', 'stored', 'stored'];
    expect(await statesOf(keys)).toEqual(expected);
    expect(await Promise.all(keys.map(hasWaveform))).toEqual(expected.map((state) => state === 'stored'));
    expect(await partitionsOf('waveforms')).not.toContain(partitionOf('waveforms', OLD));
    expect(await partitionsOf('vibration_readings')).toContain(partitionOf('vibration_readings', OLD));
    const { items } = await queries.findFeed(EVERYWHERE, { limit: 100, after: '0' });
    expect(items.map(({ vibration }) => vibration?.waveformState)).toEqual(expected);
    expect(retention.figures?.thinnedThrough).toBe(daysBefore(`${daysBefore(TODAY, 91).slice(0, 7)}-01`, 1));
  });

  it('takes noon in the zone of the clock of the gateway, and in that of the factory if it has none', async () => {
    const [tokyo, madrid] = [await aGatewayIn('Europe/Madrid', 'Asia/Tokyo'), await aGatewayIn('Europe/Madrid')];
    // Copies of the same instants: what is noon depends on the zone alone.
    const times = ['05:00', '11:50', '12:20'];
    const keys = await add(
      ...times.map((time) => aVibration(tokyo, `${OLD} ${time}`)),
      ...times.map((time) => aVibration(madrid, `${OLD} ${time}`)),
      // An offset in the text moves the instant: 21:00 in Tokyo.
      aVibration(tokyo, `${OLD}T12:00+00:00`, { serial: 30000035 }),
      aVibration(tokyo, `${OLD}T05:00+00:00`, { serial: 30000035 }),
    );

    await aRetention().run();

    expect(await statesOf(keys)).toEqual([
      ...['thinned', 'stored', 'thinned'],
      ...['thinned', 'stored', 'thinned'],
      ...['thinned', 'stored'],
    ]);
  });

  it('keeps as many as are set, and none but the pinned ones with 0', async () => {
    const gateway = await aGatewayIn('UTC');
    const keys = await add(
      ...['08:00', '11:00', '12:00', '13:30'].map((time) => aVibration(gateway, `${OLD} ${time}`)),
    );
    await pins.pin(SYSTEM, keys[0] ?? fail(), true);

    await aRetention({ WAVEFORM_THINNED_PER_DAY: '2' }).run();
    expect(await statesOf(keys)).toEqual(['stored', 'stored', 'stored', 'thinned']);

    const [late, pinned] = await add(
      aVibration(gateway, `${OLD} 12:01`, { serial: 30000036 }),
      aVibration(gateway, `${OLD} 23:01`, { serial: 30000036 }),
    );
    await pins.pin(SYSTEM, pinned ?? fail(), true);
    await aRetention({ WAVEFORM_THINNED_PER_DAY: '0' }).run();
    expect(await statesOf([late ?? fail(), pinned ?? fail()])).toEqual(['thinned', 'stored']);
  });

  it('returns the samples of a kept waveform unchanged', async () => {
    const gateway = await aGatewayIn('UTC');
    const record = aVibration(gateway, `${OLD} 12:00`);
    const [key] = await add(record);
    await aRetention().run();

    const blocks = await blocksOf(key ?? fail(), ['x', 'y', 'z']);
    expect(Object.keys(blocks ?? {})).toEqual(['x', 'z']);
    expect(decodeAxis(blocks?.z ?? fail())).toEqual(record.axes.z);
  });

  it('a waveform that arrives after the thinning is stored, and thinned with the others', async () => {
    const gateway = await aGatewayIn('UTC');
    const retention = aRetention();
    const [first] = await add(aVibration(gateway, `${OLD} 11:00`));
    await retention.run();

    const [farther, nearer] = await add(
      aVibration(gateway, `${OLD} 06:00`, { origin: 'history' }),
      aVibration(gateway, `${OLD} 12:01`, { origin: 'history' }),
    );
    const keys = [first ?? fail(), farther ?? fail(), nearer ?? fail()];
    expect(await statesOf(keys)).toEqual(['stored', 'stored', 'stored']);
    await retention.run();
    expect(await statesOf(keys)).toEqual(['stored', 'thinned', 'stored']);
  });

  it('also of more sensors than are dealt with under the lock of the writers', async () => {
    const gateway = await aGatewayIn('UTC');
    await add(aVibration(gateway, `${OLD} 12:00`));
    const late = Array.from({ length: 50 }, (_, n) => aVibration(gateway, `${OLD} 11:00`, { serial: 30000100 + n }));
    const keys: ReadingKey[] = [];
    await aRetention({}, async () => {
      if (keys.length === 0) keys.push(...(await add(...late)));
    }).run();

    expect(await statesOf(keys)).toEqual(keys.map(() => 'stored'));
    expect(await partitionsOf('waveforms')).not.toContain(partitionOf('waveforms', OLD));
  });

  it('an axis that comes while a month is copied is kept, too', async () => {
    const gateway = await aGatewayIn('UTC');
    const record = aVibration(gateway, `${OLD} 12:00`);
    const [key] = await add({ ...record, axes: { x: record.axes.x ?? fail() } });

    await aRetention({}, () => add({ ...record, origin: 'history' })).run();

    expect(Object.keys((await blocksOf(key ?? fail(), ['x', 'z'])) ?? {})).toEqual(['x', 'z']);
  });
});

describe('pins', () => {
  it('a pin that comes between the copy and the drop keeps its waveform; one after it finds none', async () => {
    const gateway = await aGatewayIn('UTC');
    const [, pinned, late] = await add(
      ...['12:00', '03:00', '04:00'].map((time) => aVibration(gateway, `${OLD} ${time}`)),
    );

    await aRetention({}, async () => expect(await pins.pin(SYSTEM, pinned ?? fail(), true)).toBe(true)).run();

    expect(await pins.pin(SYSTEM, late ?? fail(), true)).toBe(false);
    expect(await statesOf([pinned ?? fail(), late ?? fail()])).toEqual(['stored', 'thinned']);
    expect(await pins.pin(SYSTEM, late ?? fail(), false)).toBe(true);
  });

  it('pins and thinning at once: whatever was pinned is there', async () => {
    const gateway = await aGatewayIn('UTC');
    const times = Array.from({ length: 60 }, (_, minute) => `${OLD} 20:${String(minute).padStart(2, '0')}`);
    const keys = await add(...times.map((time) => aVibration(gateway, time)));

    const [pinned] = await Promise.all([
      Promise.all(keys.map((key) => pins.pin(SYSTEM, key, true))),
      aRetention().run(),
    ]);

    const states = await statesOf(keys);
    expect(states.slice(1)).toEqual(pinned.slice(1).map((done) => (done ? 'stored' : 'thinned')));
    expect(await Promise.all(keys.map(hasWaveform))).toEqual(states.map((state) => state === 'stored'));
  });

  it('is recorded once, and not for what it does not change', async () => {
    const gateway = await aGatewayIn('UTC');
    const [key] = await add(aVibration(gateway, `${TODAY} 12:00`));
    for (const pinned of [true, true, false, false]) await pins.pin(SYSTEM, key ?? fail(), pinned);

    const id = `${key?.day}-${key?.number}`;
    expect(await store.sql(`SELECT changes FROM audit_log WHERE action = 'reading.pin' ORDER BY id`)).toEqual([
      { changes: { reading_id: [null, id], pinned: [false, true] } },
      { changes: { reading_id: [null, id], pinned: [true, false] } },
    ]);
  });
});

describe('a clean-up that is killed', () => {
  it('before any of its statements, goes on the next time, and ends as one that was not', async () => {
    const gateway = await aGatewayIn('UTC');
    const months = [OLD, daysBefore(OLD, 31)];
    const records = months.flatMap((day) =>
      Array.from({ length: 30 }, (_, sensor) =>
        ['10:00', '12:30', '17:00'].map((time) => aVibration(gateway, `${day} ${time}`, { serial: 30000033 + sensor })),
      ).flat(),
    );
    const keys = await add(...records);

    let runs = 0;
    for (let isKilled = true; isKilled; runs += 1) {
      const connections = new DyingConnections(configOf(store.database), runs);
      await aRetention({}, undefined, connections).run();
      isKilled = connections.isDead;
      const states = await statesOf(keys);
      // Nothing is half done: what is said to be stored is there.
      expect(await Promise.all(keys.map(hasWaveform))).toEqual(states.map((state) => state === 'stored'));
    }

    expect(runs).toBeGreaterThan(12); // As many statements as a month takes.
    expect(await statesOf(keys)).toEqual(keys.map((_, index) => (index % 3 === 1 ? 'stored' : 'thinned')));
    expect(await partitionsOf('waveforms')).not.toContain(partitionOf('waveforms', OLD));
  });
});

describe('beside readers and writers', () => {
  it('readings are stored and read while months are thinned', async () => {
    const gateway = await aGatewayIn('UTC');
    const old = await add(
      ...Array.from({ length: 200 }, (_, n) => aVibration(gateway, `${OLD} 12:00`, { serial: 30000033 + n })),
    );
    let isDone = false;
    const written: ReadingKey[] = [];
    const write = async (day: string): Promise<void> => {
      while (!isDone) written.push(...(await add(aVibration(gateway, `${day} 12:00`, { serial: 30000033 }))));
    };
    const read = async (): Promise<void> => {
      while (!isDone) for (const key of old.slice(0, 20)) expect(await hasWaveform(key)).toBe(true);
    };
    const retention = aRetention();

    await Promise.all([write(TODAY), write(OLD), read(), retention.run().finally(() => (isDone = true))]);

    expect(await statesOf(old)).toEqual(old.map(() => 'stored'));
    expect(written.length).toBeGreaterThan(1);
    for (const key of written) expect(await hasWaveform(key)).toBe((await stateOf(key)) === 'stored');
  });

  it('a reading whose partition is dropped just before it is stored is stored all the same', async () => {
    const gateway = await aGatewayIn('UTC');
    await add(aVibration(gateway, `${OLD} 12:00`));
    await store.sql(`SELECT drop_reading_partition('waveforms', $1::date)`, [`${OLD.slice(0, 7)}-01`]);
    const [key] = await add(aVibration(gateway, `${OLD} 13:00`));
    expect(await hasWaveform(key ?? fail())).toBe(true);
  });

  it('waits for nobody who holds the table: it tries again, and others pass', async () => {
    const gateway = await aGatewayIn('UTC');
    const [key, other] = await add(aVibration(gateway, `${OLD} 12:00`), aVibration(gateway, `${OLD} 01:00`));
    const reader = store.dataSource.createQueryRunner();
    await reader.startTransaction();
    await reader.query('SELECT count(*) FROM waveforms');
    const retention = aRetention();

    const running = retention.run();
    const outcome = jest.spyOn(RetentionRepository.prototype, 'dropWaveforms');
    while (outcome.mock.calls.length < 2) await hasWaveform(key ?? fail());
    expect(await stateOf(other ?? fail())).toBe('stored');
    await reader.rollbackTransaction();
    await reader.release();
    await running;

    expect(await stateOf(other ?? fail())).toBe('thinned');
    outcome.mockRestore();
  });
});

describe('the budget', () => {
  it('thins earlier, the oldest month first, until the waveforms fit', async () => {
    const gateway = await aGatewayIn('UTC');
    const monthAgo = `${daysBefore(`${TODAY.slice(0, 7)}-01`, 1).slice(0, 7)}-10`;
    const noise = Float64Array.from({ length: 4096 }, (_, n) => Math.sin(n * n));
    const both = [monthAgo, TODAY].flatMap((day) =>
      Array.from({ length: 30 }, (_, n) =>
        aVibration(gateway, `${day} 10:${String(n + 10)}`, { axes: { x: noise, y: noise } }),
      ),
    );
    const keys = await add(...both);
    const generous = aRetention({ WAVEFORM_MAX_BYTES: '1000000000' });
    await generous.run();
    const bytes = generous.figures?.bytes ?? NaN;
    expect(generous.figures).toMatchObject({ isOverBudget: false, thinnedThrough: null });

    const tight = aRetention({ WAVEFORM_MAX_BYTES: String(Math.round(bytes * 0.75)) });
    await tight.run();

    expect(tight.figures).toMatchObject({
      isOverBudget: false,
      thinnedThrough: daysBefore(`${TODAY.slice(0, 7)}-01`, 1),
    });
    expect(await statesOf(keys)).toEqual(keys.map((_, n) => (n < 29 ? 'thinned' : 'stored')));

    const tiny = aRetention({ WAVEFORM_MAX_BYTES: '1' });
    await tiny.run();
    expect(tiny.figures?.isOverBudget).toBe(true);
    expect((await statesOf(keys)).filter((state) => state === 'stored')).toHaveLength(2);
  });
});

describe('readings that are kept no longer', () => {
  const others = (gateway: string, day: string): NewReading[] =>
    (['temperature', 'battery'] as const).map((kind) =>
      aRecord(gateway, { kind, timeText: `${day} 10:00`, receivedAt: new Date(`${day}T10:00:00Z`) }),
    );

  it('are dropped with their waveforms, except what is pinned', async () => {
    const gateway = await aGatewayIn('UTC');
    const keys = await add(
      ...['12:00', '13:00', '14:00'].map((time) => aVibration(gateway, `${EXPIRED} ${time}`)),
      ...others(gateway, EXPIRED),
      ...others(gateway, OLD),
    );
    const [, pinned] = keys;
    await pins.pin(SYSTEM, pinned ?? fail(), true);
    const ledger = () => store.sql('SELECT kind, era, known::text, absent::text FROM record_ranges ORDER BY 1, 2');
    const before = await ledger();
    await store.sql(
      `INSERT INTO reading_gaps (sensor_number, kind, from_day, to_day, reason)
       SELECT number, 'vibration', day, day, 'not_at_gateway' FROM sensors, unnest($1::date[]) AS day`,
      [[EXPIRED, OLD]],
    );
    const retention = aRetention();

    for (let run = 0; run < 2; run += 1) {
      await retention.run();
      const found = await Promise.all(keys.map((key) => queries.find(EVERYWHERE, key)));
      expect(found.map((row) => row !== null)).toEqual([false, true, false, false, false, true, true]);
      expect(await hasWaveform(pinned ?? fail())).toBe(true);
      expect(await store.sql('SELECT count(*)::int AS kept FROM waveforms_kept')).toEqual([{ kept: 1 }]);
    }
    expect(await ledger()).toEqual(before);
    expect(await store.sql('SELECT from_day::text AS day FROM reading_gaps')).toEqual([{ day: OLD }]);
    // The month can be written to again, and the pin released.
    await pins.pin(SYSTEM, pinned ?? fail(), false);
    await retention.run();
    expect(await queries.find(EVERYWHERE, pinned ?? fail())).toBeNull();
    await add(aVibration(gateway, `${EXPIRED} 12:00`));
  });

  it('stay if they were received not so long ago: the clock of the gateway may be wrong', async () => {
    const gateway = await aGatewayIn('UTC');
    const [key] = await add(aVibration(gateway, `${EXPIRED} 12:00`, { receivedAt: new Date() }));
    await aRetention().run();
    expect(await stateOf(key ?? fail())).toBe('stored');
  });

  it('of clocks that were never set are not cleaned up', async () => {
    const gateway = await aGatewayIn('UTC');
    const keys = await add(
      aVibration(gateway, '1970-01-01 00:10', { receivedAt: new Date() }),
      aVibration(gateway, '2100-01-01 00:10', { receivedAt: new Date() }),
    );
    for (const key of keys) await pins.pin(SYSTEM, key, true);
    await aRetention({ WAVEFORM_MAX_BYTES: '1' }).run();
    expect(await statesOf(keys)).toEqual(['stored', 'stored']);
  });
});

describe('old acquisitions', () => {
  const aRetentionOf = (variables: Record<string, string> = {}) => {
    const rows = new ExpiredAcquisitionsRepository(store.dataSource.getRepository(Acquisition));
    const logger = silentLogger();
    const retention = new AcquisitionRetention(
      configOf(store.database, variables),
      rows,
      { isReady: true } as Readiness,
      logger,
    );
    return { retention, rows, warn: jest.spyOn(logger, 'warn') };
  };
  /** Adds some that were ordered so many days ago. */
  const order = (gateway: string, count: number, daysAgo: number, state = 'completed') =>
    store.sql(
      `INSERT INTO acquisitions (id, organization_id, gateway_id, sensor_id, kind, state, created_at, expires_at)
       SELECT (lpad(to_hex((EXTRACT(EPOCH FROM at) * 1000)::bigint), 12, '0') || '70008' || left(md5(random()::text), 15))::uuid,
         gateways.organization_id, gateways.id, sensors.id, 'battery', $4, at, at
       FROM sensors JOIN gateways ON gateways.id = sensors.gateway_id, generate_series(1, $2) n,
         LATERAL (SELECT now() - ($3 + n * 1e-5) * interval '1 day') t (at) WHERE gateways.id = $1`,
      [gateway, count, daysAgo, state],
    );
  const left = async (): Promise<Record<string, number>> => {
    const rows = await store.sql<{ what: string; n: number }>(
      `SELECT state || ' ' || round(EXTRACT(EPOCH FROM now() - created_at) / 86400) AS what, count(*)::int AS n
       FROM acquisitions GROUP BY 1`,
    );
    return Object.fromEntries(rows.map(({ what, n }) => [what, n]));
  };

  it('are deleted when they have ended, in slices, and others stay', async () => {
    const gateway = await aGatewayIn('UTC');
    await add(aVibration(gateway, `${TODAY} 09:00`));
    await order(gateway, 2500, 33);
    await order(gateway, 3, 31, 'failed');
    await order(gateway, 1, 32, 'recovering');
    await order(gateway, 4, 29);
    const { retention, rows, warn } = aRetentionOf({ ACQUISITION_RETENTION_DAYS: '30' });
    const slices = jest.spyOn(rows, 'deleteOlderThan');

    await retention.cleanUp();

    expect(await left()).toEqual({ 'recovering 32': 1, 'completed 29': 4 });
    expect(await Promise.all(slices.mock.results.map(({ value }) => value as Promise<number>))).toEqual([
      1000, 1000, 503,
    ]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('go seven days at a time, in case the clock is wrong', async () => {
    const gateway = await aGatewayIn('UTC');
    await add(aVibration(gateway, `${TODAY} 09:00`));
    for (const days of [400, 390, 380]) await order(gateway, 1, days);
    const { retention } = aRetentionOf();
    await retention.cleanUp();
    expect(await left()).toEqual({ 'completed 390': 1, 'completed 380': 1 });
    for (let day = 0; day < 3; day += 1) await retention.cleanUp();
    expect(await left()).toEqual({});
  });

  it('of deleted gateways go in whatever state they are', async () => {
    const [gateway, deleted] = [await aGatewayIn('UTC'), await aGatewayIn('UTC')];
    await add(aVibration(gateway, `${TODAY} 09:00`), aVibration(deleted, `${TODAY} 09:00`));
    for (const each of [gateway, deleted]) await order(each, 1, 366, 'queued');
    await store.gateways.softDelete(SYSTEM, deleted);
    await aRetentionOf().retention.cleanUp();
    expect(await store.sql('SELECT gateway_id AS id FROM acquisitions')).toEqual([{ id: gateway }]);
  });

  it('stay while the database fails, with a warning', async () => {
    const { retention, warn } = aRetentionOf();
    await store.sql('ALTER TABLE acquisitions RENAME TO elsewhere');
    await retention.cleanUp();
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

function fail(): never {
  throw new Error('it is missing');
}
