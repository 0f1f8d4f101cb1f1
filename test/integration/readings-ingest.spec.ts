import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFrame } from '../../src/readings/ingest/encode-frame';
import { Ingest } from '../../src/readings/ingest/ingest';
import type { IngestOptions } from '../../src/readings/ingest/ingest';
import type { EncodedReading, UnreadFrame } from '../../src/readings/reading';
import { SpoolIdentityRepository } from '../../src/readings/ingest/spool-identity.repository';
import { encodeReading } from '../../src/readings/storage/codec/encode-reading';
import type { StoredReading } from '../../src/readings/storage/stored-reading';
import { DatabaseNetwork } from '../support/database-network';
import { eventually } from '../support/eventually';
import { aRecord, aWave, ReadingsStore } from './support/readings';
import { Store } from './support/store';

const MB = 1024 * 1024;
const DATABASE_SETTINGS = { DATABASE_CONNECT_TIMEOUT_MS: '400', DATABASE_STATEMENT_TIMEOUT_MS: '2000' };

let store: Store;
let network: DatabaseNetwork;
/** The same database, through the network. */
let far: Store;
let gatewayId: string;
let root: string;
const running: Ingest[] = [];

beforeAll(async () => {
  store = await Store.create();
  network = await DatabaseNetwork.to(store.database);
  far = await Store.on({ ...store.database, url: network.url }, { variables: DATABASE_SETTINGS });
});

afterAll(async () => {
  await far.dataSource.destroy();
  await network.close();
  await store.drop();
});

/** Each test has a gateway and a spool of its own. */
beforeEach(async () => {
  gatewayId = (await store.addGateway()).id;
  root = await mkdtemp(join(tmpdir(), 'ingest-'));
});

afterEach(async () => {
  await network.restore();
  for (const ingest of running.splice(0)) await ingest.stop();
  await rm(root, { recursive: true });
});

type Encode = IngestOptions['encoder']['encode'];

/** An ingest with the smallest memory, and what it has told. */
async function anIngest(changes: Partial<IngestOptions> = {}) {
  const readings = new ReadingsStore(far);
  const stored: StoredReading[] = [];
  const log: string[] = [];
  const ingest = new Ingest({
    ...{ bufferBytes: 8 * MB, spool: { directory: join(root, 'spool'), owner: 'this', maxBytes: 1e9 } },
    encoder: encodingWith(encodeReading),
    store: (batch) => readings.readings.store(batch),
    keep: (records) => readings.keptRecords.store(records),
    onStored: (batch) => stored.push(...batch),
    logger: { info: (_, message) => log.push(message), warn: (_, message) => log.push(message) },
    ...changes,
  });
  running.push(ingest);
  await ingest.start();
  return { ingest, stored, log };
}

/** Encodes on the main thread only. */
function encodingWith(encode: Encode): IngestOptions['encoder'] {
  const encodeUnread = ({ json }: UnreadFrame) => encodeFrame(json, new Map());
  return {
    ...{ encode: (reading) => encode(reading), encodeHere: (reading) => encode(reading) },
    ...{ encodeFrame: encodeUnread, encodeFrameHere: encodeUnread },
  };
}

/** Encodes a waveform to 200 kB, whatever its samples: the codec would make less of them, and take longer. */
const encodeLarge: Encode = async (reading) => {
  const encoded = await encodeReading(reading);
  const { x } = encoded.axes;
  return x ? { ...encoded, axes: { x: { ...x, block: Buffer.alloc(200_000, 1) } } } : encoded;
};

const aWaveform = (recordId: number) => aRecord(gatewayId, { kind: 'vibration', recordId, axes: { x: aWave() } });
const aTemperature = (ID: number) => ({ ID, Serial: 7, Time: '2026-05-21 14:07', Temp: ID % 50 });
const frameOf = (...records: unknown[]) => ({ type: 'NOT_DYN_TEMP', data: records });

/** The record ids of the stored readings of this test's gateway, in the order in which they were stored. */
async function storedIds(kind = 'temperature'): Promise<number[]> {
  const rows = await store.sql<{ id: number }>(
    `SELECT record_id::float8 AS id FROM ${kind}_readings AS r JOIN sensors AS s ON s.number = r.sensor_number
     WHERE s.gateway_id = $1 ORDER BY r.number`,
    [gatewayId],
  );
  return rows.map(({ id }) => id);
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe('frames', () => {
  it('become readings in the order of their arrival, and each is announced after the commit', async () => {
    const { ingest, stored } = await anIngest();
    for (const id of upTo(300)) ingest.receive(gatewayId, frameOf(aTemperature(id)), performance.now());
    const frame = { type: 'RTN_DYN_READINGS', data: [{ ID: 4, Serial: '7', X: '0.1,0.2', Y: [1, 2, 3] }] };
    ingest.receive(gatewayId, frame, performance.now());
    ingest.receive(gatewayId, { type: 'RTN_DYN', data: [] }, performance.now());

    await eventually(() => expect(stored).toHaveLength(301));
    expect([await storedIds(), await storedIds('vibration')]).toEqual([upTo(300), [4]]);
    expect(stored.at(-1)).toMatchObject({ kind: 'vibration', outcome: 'new', row: { origin: 'history' } });
    expect(ingest.stats).toEqual({
      ...{ waiting: 0, waitingBytes: 0, stored: 301, unreadable: 0, spoolBytes: 0, isStoringFailing: false },
      dropped: { vibration: 0, temperature: 0, battery: 0 },
    });
    expect(await readdir(root)).toEqual([]);
  });

  it('with records that cannot be read, or that PostgreSQL refuses, are kept as text beside the readings of the others', async () => {
    const { ingest, stored, log } = await anIngest({
      // The samples of the third one are no integer, and the serial of the fourth one is no bigint: it cannot even be kept.
      encoder: encodingWith(async (reading) => {
        const encoded = await encodeReading(reading);
        if (reading.recordId === 4) return { ...encoded, serial: 2 ** 70 };
        return reading.recordId === 3 ? { ...encoded, samples: 2 ** 40 } : encoded;
      }),
    });
    const data = upTo(5).map((ID) => ({ ID, Serial: 7, Time: '2026-05-21 14:07', X: ID === 2 ? 'low' : [0.1, 0.2] }));
    ingest.receive(gatewayId, { type: 'NOT_DYN_READING', data }, performance.now());

    await eventually(() => expect(stored).toHaveLength(2));
    await eventually(async () => {
      ingest.upkeep();
      const kept = await store.sql<{ text: string }>(
        `SELECT kind, serial::text, problem, text FROM unreadable_records WHERE gateway_id = $1 ORDER BY id`,
        [gatewayId],
      );
      expect(kept).toMatchObject([
        { kind: 'vibration', serial: '7', problem: 'unreadable' },
        { kind: 'vibration', serial: '7', problem: 'unreadable' },
      ]);
    });
    expect([await storedIds('vibration'), ingest.stats.unreadable]).toEqual([[1, 5], 3]);
    // The last one is tried after those that are found above.
    await eventually(() => expect(log).toContain('unreadable records cannot be stored'));
  });
});

describe('while the database is away', () => {
  it('readings wait in memory, then in the spool, and all are stored after it in their order', async () => {
    let encoded = 0;
    const encode: Encode = (reading) => encodeLarge(reading).finally(() => (encoded += 1));
    const { ingest, log } = await anIngest({ encoder: encodingWith(encode) });
    await network.cut();
    let last = 0;
    while (ingest.stats.spoolBytes < 6 * MB) {
      last += 1;
      ingest.add(aWaveform(last));
      await eventually(() => expect(encoded).toBe(last));
      await new Promise(setImmediate);
      // No faster than the disk.
      await eventually(() => expect(ingest.stats.waitingBytes).toBeLessThanOrEqual(6 * MB));
    }
    expect(ingest.stats.waitingBytes).toBeGreaterThan(5 * MB);
    const { dropped } = ingest.stats;
    expect(dropped.vibration).toBe(0);
    await network.restore();

    await eventually(async () => expect(await storedIds('vibration')).toHaveLength(last), 30_000);
    expect(await storedIds('vibration')).toEqual(upTo(last));
    await eventually(() => expect(ingest.stats.spoolBytes).toBe(0));
    await eventually(async () => expect(await readdir(join(root, 'spool'))).toEqual([]));
    await eventually(() =>
      expect(log).toEqual([
        'readings cannot be stored, keeping them',
        'the memory for readings is full, writing them to the spool',
        'all readings of the spool are stored',
      ]),
    );
  });

  it('a service that stops leaves them in the spool, for the next one', async () => {
    const first = await anIngest();
    await network.cut();
    for (const id of upTo(200)) first.ingest.receive(gatewayId, frameOf(aTemperature(id)), performance.now());
    await eventually(() => expect(first.log).toContain('readings cannot be stored, keeping them'));
    await first.ingest.stop();
    expect(first.log.at(-1)).toBe('readings are left in the spool, for the next start');
    await network.restore();

    const spool = { directory: join(root, 'spool'), owner: 'next', maxBytes: 1e9 };
    const second = await anIngest({ spool });
    second.ingest.receive(gatewayId, frameOf(aTemperature(201)), performance.now());
    await eventually(async () => expect(await storedIds()).toEqual(upTo(201)));
    expect(second.ingest.stats.dropped.temperature).toBe(0);
  });

  it('waveforms are dropped first and counted when neither memory nor the spool has room', async () => {
    const spool = { directory: join(root, 'spool'), owner: 'this', maxBytes: 0 };
    const { ingest, log } = await anIngest({ encoder: encodingWith(encodeLarge), spool });
    await network.cut();
    let last = 0;
    while (ingest.stats.dropped.vibration === 0) {
      last += 1;
      ingest.add(aWaveform(last));
      await new Promise(setImmediate);
    }
    ingest.upkeep();
    expect(log).toContain('readings were dropped: neither memory nor the spool has room');
    await network.restore();
    await eventually(() => {
      const { stored, dropped } = ingest.stats;
      expect(stored + dropped.vibration).toBe(last);
    }, 30_000);
  });
});

describe('a service that stops', () => {
  it('stores what it has, without waiting for more', async () => {
    const { ingest } = await anIngest();
    for (const id of upTo(100)) ingest.receive(gatewayId, frameOf(aTemperature(id)), performance.now());
    await ingest.stop();
    expect(await storedIds()).toEqual(upTo(100));
    expect(await readdir(root)).toEqual([]);
  });

  it('spools what is still in a transaction that does not end', async () => {
    const batches: EncodedReading[][] = [];
    const first = await anIngest({
      store: (batch) => {
        batches.push([...batch]);
        return new Promise(() => undefined);
      },
    });
    for (const id of upTo(100)) first.ingest.receive(gatewayId, frameOf(aTemperature(id)), performance.now());
    await eventually(() => expect(batches).toHaveLength(1));
    await first.ingest.stop();
    await anIngest();
    await eventually(async () => expect(await storedIds()).toEqual(upTo(100)));
  });
});

describe('the folder of the spool', () => {
  it('is the same for every service on one database, and another one for every other', async () => {
    const other = await Store.create();
    try {
      const names = await Promise.all(
        [store, far, other].map(({ dataSource }) => new SpoolIdentityRepository(dataSource).find()),
      );
      expect(names[0]).toMatch(/^[0-9a-f]{16}$/);
      expect(names[1]).toBe(names[0]);
      expect(names[2]).not.toBe(names[0]);
    } finally {
      await other.drop();
    }
  });
});
