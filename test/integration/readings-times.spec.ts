import type { NewReading, Origin } from '../../src/readings/reading';
import { aRecord, ReadingsStore } from './support/readings';
import { Store } from './support/store';

let store: Store;
let readings: ReadingsStore;

beforeAll(async () => {
  store = await Store.create();
  readings = new ReadingsStore(store);
});

afterAll(() => store.drop());

async function aGatewayIn(timezone: string): Promise<string> {
  const { id: factoryId } = await store.addFactory({ timezone });
  return (await store.addGateway({ factoryId })).id;
}

/** The time and the quality with which a record is stored, and its day. */
async function storedTime(gatewayId: string, changes: Partial<NewReading>): Promise<unknown[]> {
  const [stored] = await readings.store(aRecord(gatewayId, changes));
  const [row] = await store.sql<{ at: Date; quality: string; day: string }>(
    `SELECT measured_at AS at, time_quality AS quality, day::text FROM temperature_readings WHERE number = $1`,
    [stored?.row?.number],
  );
  expect(stored?.row).toMatchObject({ measuredAt: row?.at, timeQuality: row?.quality, day: row?.day });
  return [row?.at.toISOString().replace('.000Z', 'Z'), row?.quality, row?.day];
}

describe('the time of a measurement', () => {
  it.each<[string, string | null, string, string, string]>([
    ['with minutes', '2026-05-21 14:07', '2026-05-21T12:07:00Z', 'minute', '2026-05-21'],
    ['with seconds', '2026-05-21T14:07:59', '2026-05-21T12:07:59Z', 'second', '2026-05-21'],
    ['with fractions of seconds', '2026-05-21 14:07:59.25', '2026-05-21T12:07:59.250Z', 'second', '2026-05-21'],
    ['with an offset', '2026-05-18 23:07-05:00', '2026-05-19T04:07:00Z', 'minute', '2026-05-18'],
    ['in UTC', '2026-05-21T00:07Z', '2026-05-21T00:07:00Z', 'minute', '2026-05-21'],
    ['without a time of day', '2026-05-21', '2026-05-20T22:00:00Z', 'day', '2026-05-21'],
    [
      'after midnight, when it is still the day before in UTC',
      '2026-05-21 01:07',
      '2026-05-20T23:07:00Z',
      'minute',
      '2026-05-21',
    ],
    ['unreadable', 'yesterday', '2026-05-19T23:00:00Z', 'receipt', '2026-05-19'],
    ['missing', null, '2026-05-19T23:00:00Z', 'receipt', '2026-05-19'],
    ['that does not exist', '2026-02-30 10:00', '2026-05-19T23:00:00Z', 'receipt', '2026-05-19'],
    ['of a clock that was never set', '1970-01-01 00:07', '1969-12-31T23:07:00Z', 'implausible', '1970-01-01'],
    ['almost two days ahead', '2026-05-22 00:59', '2026-05-21T22:59:00Z', 'minute', '2026-05-22'],
    ['more than two days ahead', '2026-05-22 01:01', '2026-05-21T23:01:00Z', 'implausible', '2026-05-22'],
    ['in the last year that can be written', '9999-12-31 23:59', '9999-12-31T22:59:00Z', 'implausible', '9999-12-31'],
    ['in the first year', '0001-01-01', '0001-01-01T00:14:44Z', 'implausible', '0001-01-01'],
  ])('%s: %j', async (_, timeText, at, quality, day) => {
    const receivedAt = new Date('2026-05-19T23:00:00Z');
    const [stored, storedQuality, storedDay] = await storedTime(await aGatewayIn('Europe/Madrid'), {
      timeText,
      receivedAt,
    });
    expect([stored, storedQuality, storedDay]).toEqual([at, quality, day]);
  });

  it.each<[string, string, string, Origin, string, string, string]>([
    // The clock is set back: this local time comes twice.
    ['Europe/Madrid', '2026-10-25 02:30', '2026-10-25T00:31:00Z', 'live', '2026-10-25T00:30:00Z', 'ambiguous', 'first'],
    [
      'Europe/Madrid',
      '2026-10-25 02:30',
      '2026-10-25T01:31:00Z',
      'live',
      '2026-10-25T01:30:00Z',
      'ambiguous',
      'second',
    ],
    [
      'Europe/Madrid',
      '2026-10-25 02:30',
      '2026-10-25T00:31:00Z',
      'acquisition',
      '2026-10-25T00:30:00Z',
      'ambiguous',
      'first',
    ],
    [
      'Europe/Madrid',
      '2026-10-25 02:30',
      '2026-10-26T10:00:00Z',
      'history',
      '2026-10-25T01:30:00Z',
      'ambiguous',
      'later',
    ],
    [
      'America/Chicago',
      '2026-11-01 01:30',
      '2026-11-01T06:31:00Z',
      'live',
      '2026-11-01T06:30:00Z',
      'ambiguous',
      'first',
    ],
    [
      'America/Chicago',
      '2026-11-01 01:30',
      '2026-11-01T07:31:00Z',
      'live',
      '2026-11-01T07:30:00Z',
      'ambiguous',
      'second',
    ],
    [
      'America/Chicago',
      '2026-11-01 01:30',
      '2026-11-02T07:31:00Z',
      'history',
      '2026-11-01T07:30:00Z',
      'ambiguous',
      'later',
    ],
    [
      'Australia/Lord_Howe',
      '2026-04-05 01:45',
      '2026-04-04T14:46:00Z',
      'live',
      '2026-04-04T14:45:00Z',
      'ambiguous',
      'first',
    ],
    [
      'Australia/Lord_Howe',
      '2026-04-05 01:45',
      '2026-04-04T15:16:00Z',
      'live',
      '2026-04-04T15:15:00Z',
      'ambiguous',
      'second',
    ],
    [
      'Australia/Lord_Howe',
      '2026-04-05 01:45',
      '2026-04-06T00:00:00Z',
      'history',
      '2026-04-04T15:15:00Z',
      'ambiguous',
      'later',
    ],
    // A zone whose winter time counts as the exception.
    ['Europe/Dublin', '2026-10-25 01:30', '2026-10-25T00:31:00Z', 'live', '2026-10-25T00:30:00Z', 'ambiguous', 'first'],
    [
      'Europe/Dublin',
      '2026-10-25 01:30',
      '2026-10-26T00:31:00Z',
      'history',
      '2026-10-25T01:30:00Z',
      'ambiguous',
      'later',
    ],
    // Just before and after it.
    ['Europe/Madrid', '2026-10-25 01:59', '2026-10-25T00:00:00Z', 'live', '2026-10-24T23:59:00Z', 'minute', 'only'],
    ['Europe/Madrid', '2026-10-25 03:00', '2026-10-25T02:01:00Z', 'live', '2026-10-25T02:00:00Z', 'minute', 'only'],
    // The clock is set forward: this local time does not exist.
    ['Europe/Madrid', '2026-03-29 02:30', '2026-03-29T01:31:00Z', 'live', '2026-03-29T01:30:00Z', 'shifted', 'shifted'],
    [
      'America/Chicago',
      '2026-03-08 02:30',
      '2026-03-08T08:31:00Z',
      'live',
      '2026-03-08T08:30:00Z',
      'shifted',
      'shifted',
    ],
    [
      'Australia/Lord_Howe',
      '2026-10-04 02:15',
      '2026-10-03T15:46:00Z',
      'history',
      '2026-10-03T15:45:00Z',
      'shifted',
      'shifted',
    ],
    ['Europe/Madrid', '2026-03-29 01:59', '2026-03-29T01:00:00Z', 'live', '2026-03-29T00:59:00Z', 'minute', 'only'],
    ['Europe/Madrid', '2026-03-29 03:00', '2026-03-29T01:01:00Z', 'live', '2026-03-29T01:00:00Z', 'minute', 'only'],
    ['Asia/Tokyo', '2026-03-29 02:30', '2026-03-28T17:31:00Z', 'live', '2026-03-28T17:30:00Z', 'minute', 'only'],
  ])('%s, %s, received at %s (%s): %s, %s, the %s instant', async (zone, timeText, received, origin, at, quality) => {
    const given = { timeText, receivedAt: new Date(received), origin };
    expect((await storedTime(await aGatewayIn(zone), given)).slice(0, 2)).toEqual([at, quality]);
  });

  it('is read in the zone of the clock of the gateway, if it has one of its own', async () => {
    const gatewayId = await aGatewayIn('Europe/Madrid');
    await store.sql(`UPDATE gateways SET clock_zone = 'UTC' WHERE id = $1 RETURNING id`, [gatewayId]);
    const [at] = await storedTime(gatewayId, { timeText: '2026-05-21 11:07' });
    expect(at).toBe('2026-05-21T11:07:00Z');
  });

  it('is read as UTC if the server does not know the zone', async () => {
    const gatewayId = await aGatewayIn('Europe/Madrid');
    await store.sql(`UPDATE gateways SET clock_zone = 'Nowhere/Town' WHERE id = $1 RETURNING id`, [gatewayId]);
    const [at] = await storedTime(gatewayId, { timeText: '2026-05-21 11:07' });
    expect(at).toBe('2026-05-21T11:07:00Z');
  });

  it('does not depend on the other records of a batch', async () => {
    const [madrid, tokyo] = [await aGatewayIn('Europe/Madrid'), await aGatewayIn('Asia/Tokyo')];
    const times = ['2026-10-25 02:30', null, '2026-10-25', '2026-03-29 02:30', '1970-01-01'];
    const batch = times.flatMap((timeText, recordId) =>
      [madrid, tokyo].map((gatewayId) => aRecord(gatewayId, { timeText, recordId, origin: 'history' })),
    );
    const qualities = (await readings.store(...batch)).map(({ row }) => row?.timeQuality);
    expect(qualities).toEqual([
      ...['implausible', 'implausible', 'receipt', 'receipt', 'implausible', 'implausible'],
      ...['shifted', 'minute', 'implausible', 'implausible'],
    ]);
  });
});

describe('records of one batch with the same local time', () => {
  it('each have the instant that goes with their receipt, their zone and their origin', async () => {
    const [madrid, london] = [await aGatewayIn('Europe/Madrid'), await aGatewayIn('Europe/London')];
    const timeText = '2026-10-25 02:30';
    const [first, second] = [new Date('2026-10-25T00:31:00Z'), new Date('2026-10-25T01:31:00Z')];
    const stored = await readings.store(
      aRecord(madrid, { recordId: 1, timeText, receivedAt: first }),
      aRecord(madrid, { recordId: 2, timeText, receivedAt: second }),
      aRecord(madrid, { recordId: 3, timeText, receivedAt: first, origin: 'history' }),
      aRecord(madrid, { recordId: 4, timeText: `${timeText}+05:00`, receivedAt: first }),
      aRecord(london, { recordId: 1, timeText, receivedAt: first }),
      aRecord(madrid, { recordId: 5, timeText: 'unreadable', receivedAt: second }),
    );
    expect(stored.map(({ row }) => [row?.measuredAt.toISOString().slice(11, 16), row?.timeQuality])).toEqual([
      ['00:30', 'ambiguous'],
      ['01:30', 'ambiguous'],
      ['01:30', 'ambiguous'],
      ['21:30', 'minute'],
      ['02:30', 'minute'],
      ['01:31', 'receipt'],
    ]);
    expect(new Set(stored.map(({ row }) => row?.number)).size).toBe(6);
  });
});
