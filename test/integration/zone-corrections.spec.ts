import fc from 'fast-check';
import type { NewReading, ReadingKind } from '../../src/readings/reading';
import { ZoneCorrectionsRepository } from '../../src/readings/storage/zone-corrections.repository';
import { aRecord, aWave, ReadingsStore } from './support/readings';
import { Store } from './support/store';

let store: Store;
let readings: ReadingsStore;
let corrections: ZoneCorrectionsRepository;

beforeAll(async () => {
  store = await Store.create();
  readings = new ReadingsStore(store);
  corrections = new ZoneCorrectionsRepository(store.dataSource);
});
afterAll(() => store.drop());

const KINDS: readonly ReadingKind[] = ['vibration', 'temperature', 'battery'];
const ZONES = ['Europe/Madrid', 'America/New_York', 'Australia/Lord_Howe', 'UTC', 'Asia/Tokyo', 'Europe/Dublin'];

/** Local times around each change of a clock in 2026: those that come twice, those that are skipped, and their neighbours. */
const CHANGES = [
  ...[
    '2026-03-29 01:59',
    '2026-03-29 02:30',
    '2026-03-29 03:00',
    '2026-10-25 01:30',
    '2026-10-25 02:30',
    '2026-10-25 03:00',
  ],
  ...[
    '2026-03-08 01:59',
    '2026-03-08 02:15',
    '2026-03-08 03:00',
    '2026-11-01 00:59',
    '2026-11-01 01:30',
    '2026-11-01 02:00',
  ],
  ...[
    '2026-04-05 01:29',
    '2026-04-05 01:45',
    '2026-04-05 02:00',
    '2026-10-04 02:00',
    '2026-10-04 02:15',
    '2026-10-04 02:30',
  ],
];

async function aGatewayIn(timezone: string): Promise<{ id: string; factoryId: string }> {
  const { id: factoryId } = await store.addFactory({ timezone });
  return { id: (await store.addGateway({ factoryId })).id, factoryId };
}

/** As an operator: the statement that the service sends has the same effect. */
const setClockZone = (gatewayId: string, zone: string | null) =>
  store.sql(`UPDATE gateways SET clock_zone = $2 WHERE id = $1 RETURNING id`, [gatewayId, zone]);

const pending = () => corrections.findGateways();

async function correctAll(): Promise<number> {
  const partitions = await readings.partitionsRepository.find();
  let steps = 0;
  for (const gatewayId of await pending())
    while ((await corrections.advance(gatewayId, partitions)) === 'continues') steps += 1;
  return steps;
}

/** Whatever a zone decides about the readings of a gateway, without what tells it from another gateway. */
async function timesOf(gatewayId: string): Promise<unknown[]> {
  const rows = await Promise.all(
    KINDS.map((kind) =>
      store.sql(
        `SELECT serial, era, record_id, day::text, measured_at, time_text, time_quality
         FROM ${kind}_readings JOIN sensors ON sensors.number = sensor_number WHERE gateway_id = $1 ORDER BY 1, 2, 3, 4`,
        [gatewayId],
      ),
    ),
  );
  const latest = KINDS.map((kind) => `latest_${kind}_measured_at, latest_${kind}_day::text, latest_${kind}_value`);
  const sensors = await store.sql(`SELECT serial, ${latest.join()} FROM sensors WHERE gateway_id = $1 ORDER BY 1`, [
    gatewayId,
  ]);
  return [...rows, sensors];
}

interface Position {
  readonly number: string;
  readonly position: number;
  readonly at: Date;
}

const positionsOf = (gatewayId: string) =>
  store.sql<Position>(
    `SELECT number, feed_position::float8 AS position, measured_at AS at FROM temperature_readings
     WHERE sensor_number IN (SELECT number FROM sensors WHERE gateway_id = $1) ORDER BY number`,
    [gatewayId],
  );

describe('a correction of the zone of a clock', () => {
  const two = fc.nat({ max: 99 }).map((n) => String(n % 60).padStart(2, '0'));
  const change = fc.constantFrom(...CHANGES);
  const time = fc.oneof(
    change,
    fc.tuple(change, two).map(([at, seconds]) => `${at}:${seconds}`),
    fc
      .tuple(change, fc.constantFrom('.5', '.123456', '.9999'))
      .map(([at, fraction]) => `${at.replace(' ', 'T')}:59${fraction}`),
    fc.tuple(change, fc.constantFrom('Z', '+02:00', '-0530', ' +09')).map(([at, offset]) => `${at}${offset}`),
    change.map((at) => at.slice(0, 10)),
    change.map((at) => ` ${at.replace(' ', '  ')}\u00a0`),
    fc.constantFrom(
      null,
      'yesterday',
      '2026-02-30 10:00',
      '1970-01-01 00:07',
      '1999-12-31 20:00',
      '2000-01-01 00:30',
      '9999-12-31',
    ),
  );
  const record = fc.record({
    kind: fc.constantFrom(...KINDS),
    serial: fc.integer({ min: 1, max: 3 }),
    timeText: time,
    origin: fc.constantFrom('live' as const, 'history' as const, 'acquisition' as const),
    // Around the times of the changes, and at the limit of what is plausible for them.
    receivedAt: fc
      .tuple(change, fc.integer({ min: -50, max: 50 }))
      .map(([at, hours]) => new Date(Date.parse(`${at}Z`) + hours * 3_600_000)),
  });
  const records = fc.array(record, { minLength: 1, maxLength: 25 });
  const zone = fc.constantFrom(...ZONES);

  it('gives every reading the time that it would have if the zone had been right from the start, and back again', async () => {
    await fc.assert(
      fc.asyncProperty(zone, zone, records, async (wrong, right, drafts) => {
        const [corrected, twin] = [await aGatewayIn(wrong), await aGatewayIn(right)];
        const toReadings = (gatewayId: string): NewReading[] =>
          drafts.map(({ kind, ...draft }, recordId) =>
            aRecord(gatewayId, {
              ...draft,
              kind,
              recordId,
              ...(kind === 'vibration' && { axes: { x: aWave(1 + recordId, 8) } }),
            }),
          );
        // One by one: within a batch, the last of several readings of one minute becomes the latest.
        for (const each of toReadings(corrected.id)) await readings.store(each);
        for (const each of toReadings(twin.id)) await readings.store(each);
        const [before, expected] = [await timesOf(corrected.id), await timesOf(twin.id)];

        await setClockZone(corrected.id, right);
        await correctAll();
        expect(withoutTies(await timesOf(corrected.id))).toEqual(withoutTies(expected));
        await setClockZone(corrected.id, null);
        await correctAll();
        expect(withoutTies(await timesOf(corrected.id))).toEqual(withoutTies(before));
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  /** Of several readings of one instant, any may be the latest. */
  function withoutTies(times: unknown[]): unknown {
    return JSON.parse(
      JSON.stringify(times, (name, value: unknown) => (/^latest_.*_(day|value)$/.test(name) ? undefined : value)),
    );
  }

  it('puts corrected readings into the feed again, at new positions, and no others', async () => {
    const { id } = await aGatewayIn('UTC');
    await readings.store(
      aRecord(id, { recordId: 1, timeText: '2026-05-21 14:07' }),
      aRecord(id, { recordId: 2, timeText: '2026-05-21 14:07Z' }),
      aRecord(id, { recordId: 3, timeText: 'yesterday' }),
      aRecord(id, { recordId: 4, timeText: '2026-12-21 14:07', receivedAt: new Date('2026-12-21T15:00:00Z') }),
    );
    const before = await positionsOf(id);
    await setClockZone(id, 'Europe/London'); // Which is ahead in summer only.
    await correctAll();
    const after = await positionsOf(id);

    const highest = Math.max(...before.map(({ position }) => position));
    expect(after.map(({ position }) => position > highest)).toEqual([true, false, false, false]);
    expect(after.map(({ number }) => number)).toEqual(before.map(({ number }) => number));
    expect(after.map(({ at }) => at.toISOString().slice(11, 16))).toEqual(['13:07', '14:07', '12:07', '14:07']);
  });

  it('goes through all partitions and any number of readings', async () => {
    const { id } = await aGatewayIn('UTC');
    const days = ['1999-05-21', '2026-01-31', '2026-02-01', '2101-05-21'];
    const batch = days.flatMap((day) =>
      Array.from({ length: 1100 }, (_, n) =>
        aRecord(id, {
          serial: 1 + (n % 2),
          recordId: n,
          timeText: `${day} 14:07`,
          receivedAt: new Date(`${day}T14:07:00Z`),
        }),
      ),
    );
    await readings.store(...batch);
    await setClockZone(id, 'Asia/Tokyo');
    await correctAll();
    const after = await positionsOf(id);
    expect(after).toHaveLength(4400);
    expect(after.filter(({ at }) => at.toISOString().slice(11, 16) !== '05:07')).toEqual([]);
  });

  it('goes on after the readings that are corrected, and begins anew when the zone changes again', async () => {
    const { id } = await aGatewayIn('UTC');
    await readings.store(...[1, 2].map((serial) => aRecord(id, { serial, timeText: '2026-05-21 14:07' })));
    const partitions = await readings.partitionsRepository.find();
    const hours = async () => (await positionsOf(id)).map(({ at }) => at.getUTCHours());
    const stepUntil = async (expected: number[]) => {
      for (let steps = 0; (await hours()).join() !== expected.join() && steps < 100; steps += 1)
        await corrections.advance(id, partitions);
      expect(await hours()).toEqual(expected);
    };

    await setClockZone(id, 'Asia/Tokyo');
    await stepUntil([5, 14]);
    await stepUntil([5, 5]);
    await setClockZone(id, 'Asia/Kolkata');
    expect(await pending()).toEqual([id]);
    await stepUntil([8, 5]);
    await correctAll();
    expect(await hours()).toEqual([8, 8]);
  });
});

describe('readings are to be corrected', () => {
  const isPending = async (id: string) => (await pending()).includes(id);

  it('when the factory gets another zone, unless the gateway has one of its own', async () => {
    const { id, factoryId } = await aGatewayIn('UTC');
    const other = await store.addGateway({ factoryId });
    await setClockZone(other.id, 'Asia/Tokyo');
    await correctAll();
    await store.sql(`UPDATE factories SET timezone = 'Europe/Madrid' WHERE id = $1 RETURNING id`, [factoryId]);
    expect([await isPending(id), await isPending(other.id)]).toEqual([true, false]);
    await correctAll();
    await store.sql(`UPDATE factories SET timezone = 'Europe/Madrid', name = 'Sevilla' WHERE id = $1 RETURNING id`, [
      factoryId,
    ]);
    expect(await isPending(id)).toBe(false);
  });

  it('when the gateway moves to a factory in another zone', async () => {
    const here = await store.addFactory({ timezone: 'Europe/Madrid' });
    const inTokyo = { organizationId: here.organizationId, timezone: 'Asia/Tokyo' };
    const [there, alsoThere] = [await store.addFactory(inTokyo), await store.addFactory(inTokyo)];
    const { id } = await store.addGateway({ factoryId: here.id });
    const move = (factoryId: string) =>
      store.sql(`UPDATE gateways SET factory_id = $2 WHERE id = $1 RETURNING id`, [id, factoryId]);
    await move(there.id);
    expect(await isPending(id)).toBe(true);
    await correctAll();
    await move(alsoThere.id);
    expect(await isPending(id)).toBe(false);
  });

  it('not when the clock gets the zone that it has already, nor another name', async () => {
    const { id } = await aGatewayIn('Europe/Madrid');
    await setClockZone(id, 'Europe/Madrid');
    await store.sql(`UPDATE gateways SET name = 'Line 5' WHERE id = $1 RETURNING id`, [id]);
    expect(await isPending(id)).toBe(false);
  });
});
