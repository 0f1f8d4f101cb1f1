import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { BackfillDto, CompletenessDto } from '../../src/readings/catch-up/completeness.dto';
import { createFactory, createGateway } from '../support/builders';
import type { CreatedGateway } from '../support/builders';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';
import { withClockAhead } from '../support/wrong-clock';

const hub = aHub({ BACKFILL_DAYS: '1', CATCH_UP_INTERVAL_MS: '3600000', READINGS_RETENTION_DAYS: '10000' });
jest.setTimeout(120_000);

const PATIENCE_MS = 60_000;
const HALF_HOUR_MS = 1_800_000;

interface Reading {
  readonly record_id: number;
  readonly measured_at: string;
  readonly time_text: string;
  readonly time_quality: string;
  readonly origin: string;
}

/** What is expected of a reading: the minute of its measurement, and the quality. */
type Times = Record<string, [at: string, quality: string]>;

/** A zone, the days on which its clocks are changed, and the instants between which a local time comes for the first time of two. */
interface Zone {
  readonly name: string;
  readonly spring: string;
  readonly autumn: string;
  readonly repeated: readonly [from: string, to: string];
  readonly widthMs: number;
}

const ZONES: readonly Zone[] = [
  {
    ...{ name: 'Europe/Madrid', spring: '2025-03-30', autumn: '2025-10-26', widthMs: 3_600_000 },
    repeated: ['2025-10-26T00:00:00Z', '2025-10-26T01:00:00Z'],
  },
  {
    ...{ name: 'America/New_York', spring: '2025-03-09', autumn: '2025-11-02', widthMs: 3_600_000 },
    repeated: ['2025-11-02T05:00:00Z', '2025-11-02T06:00:00Z'],
  },
  {
    ...{ name: 'Australia/Lord_Howe', spring: '2025-10-05', autumn: '2025-04-06', widthMs: 1_800_000 },
    repeated: ['2025-04-05T14:30:00Z', '2025-04-05T15:00:00Z'],
  },
];

/** Whether a time that a gateway wrote is of one of these days. */
const isOf = (days: readonly string[], text: string) => days.includes(text.slice(0, 10));

/** Whole minutes: the gateways write no seconds. */
const minuteOf = (at: number) => new Date(Math.floor(at / 60_000) * 60_000).toISOString();

function isRepeated({ repeated: [from, to], widthMs }: Zone, at: number): boolean {
  return at >= Date.parse(from) && at < Date.parse(to) + widthMs;
}

/** Where a record of the history belongs: of two instants with its local time, the later one is taken. */
function expectedOfHistory(zone: Zone, at: number): [string, string] {
  if (!isRepeated(zone, at)) return [minuteOf(at), 'minute'];
  const isFirst = at < Date.parse(zone.repeated[1]);
  return [minuteOf(isFirst ? at + zone.widthMs : at), 'ambiguous'];
}

async function aGatewayIn(timezone: string, device: SimulatedGateway): Promise<CreatedGateway> {
  const gateway = await createGateway(hub.http, await createFactory(hub.http, { timezone }), device);
  await hub.reaches(gateway, { state: 'connected' });
  return gateway;
}

const completenessOf = async ({ id }: { id: string }) =>
  (await hub.http.get(`/api/gateways/${id}/completeness`).expect(200)).body as CompletenessDto;

/** Fetches the history of these days. */
async function fetchHistory({ id }: { id: string }, days: readonly string[]): Promise<void> {
  const orders = days.map(async (day) => {
    const order = { kinds: ['temperature'], from: day, to: day };
    return (await hub.http.post(`/api/gateways/${id}/backfills`).send(order).expect(202)).body as BackfillDto;
  });
  for (const order of await Promise.all(orders)) {
    await eventually(async () => {
      const { body } = (await hub.http.get(`/api/backfills/${order.id}`).expect(200)) as { body: BackfillDto };
      expect(body.state).toBe('completed');
    }, PATIENCE_MS);
  }
}

async function readingsOf({ id }: { id: string }, query = ''): Promise<Reading[]> {
  const { body } = (await hub.http.get(`/api/sensors?gateway_id=${id}`).expect(200)) as {
    body: { data: { id: string }[] };
  };
  const found: Reading[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const path = `/api/sensors/${body.data[0]?.id}/readings?kind=temperature&limit=100${query}${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page = (await hub.http.get(path).expect(200)).body as {
      data: Reading[];
      pagination: { next_cursor: string | null };
    };
    found.push(...page.data);
    cursor = page.pagination.next_cursor;
  }
  return found;
}

/** The stored times of these days, by record. */
async function timesOf(gateway: { id: string }, days: readonly string[]): Promise<Times> {
  const readings = await readingsOf(gateway, '&to=2026-01-01T00:00:00Z');
  const wanted = readings.filter(({ time_text }) => isOf(days, time_text));
  return Object.fromEntries(
    wanted.map(({ record_id, measured_at, time_quality }) => [record_id, [measured_at, time_quality]]),
  );
}

/** What the gateway has measured on these days of its clock, and where that belongs. */
function expectedTimes(
  device: SimulatedGateway,
  days: readonly string[],
  expected: (at: number) => [string, string],
): Times {
  const { records } = device.measurements.ledger({ kind: 'temp', limit: 100_000 });
  const wanted = records.filter(({ time }) => isOf(days, time));
  return Object.fromEntries(wanted.map(({ id, at }) => [id ?? 0, expected(Date.parse(at))]));
}

async function isComplete(gateway: { id: string }): Promise<void> {
  await eventually(async () => {
    const { kinds } = await completenessOf(gateway);
    expect(kinds.map(({ statement }) => statement)).toEqual(['complete', 'complete', 'complete']);
  }, PATIENCE_MS);
}

async function isCorrected(gateway: { id: string }): Promise<void> {
  await eventually(async () => expect((await completenessOf(gateway)).zone_correction).toBeNull(), PATIENCE_MS);
}

const aClock = (zone: string) =>
  aDevice({
    sensors: 1,
    samples: 16,
    schedule: { temp: HALF_HOUR_MS },
    depth: { days: 3650, count: 100_000 },
    clock: { zone },
  });

describe('gateways whose clocks are set forward and back', () => {
  it('have the readings of their history at their times, also if the zone is corrected later', async () => {
    await Promise.all(ZONES.map(checkHistory));
  });

  it('have live readings at their times, also those that come twice, and keep them when the history says less', async () => {
    const plants = await Promise.all(
      ZONES.map(async (zone) => {
        const device = await aDevice({ sensors: 1, samples: 16, clock: { zone: zone.name } });
        return { zone, device, gateway: await aGatewayIn(zone.name, device) };
      }),
    );
    await Promise.all(plants.map(({ gateway }) => isComplete(gateway))); // Later, the history is asked for again only on order.
    for (const { zone, device, gateway } of plants) await checkLive(zone, device, gateway);
  });
});

async function checkHistory(zone: Zone): Promise<void> {
  const days = [zone.spring, zone.autumn];
  const device = await aClock(zone.name);
  const right = expectedTimes(device, days, (at) => expectedOfHistory(zone, at));
  const doubtful = Object.values(right).filter(([, quality]) => quality === 'ambiguous');
  expect([Object.keys(right).length > 90, doubtful.length]).toEqual([true, (2 * zone.widthMs) / HALF_HOUR_MS]);
  // As if the clock were in UTC: every time is wrong by the offset of the zone, and none is doubtful.
  const texts = device.measurements.ledger({ kind: 'temp', limit: 100_000 }).records.map(({ id, time }) => [id, time]);
  const wrong = Object.fromEntries(
    texts
      .filter(([id]) => String(id) in right)
      .map(([id, time]) => [id, [`${String(time).replace(' ', 'T')}:00.000Z`, 'minute']]),
  ) as Times;

  const [gateway, mistaken] = [await aGatewayIn(zone.name, device), await aGatewayIn('UTC', device)];
  await Promise.all([gateway, mistaken].map((each) => fetchHistory(each, days)));
  expect(await timesOf(gateway, days)).toEqual(right);
  expect(await timesOf(mistaken, days)).toEqual(wrong);
  await hub.http.put(`/api/factories/${mistaken.factory_id}`).send({ timezone: zone.name }).expect(200);
  await isCorrected(mistaken);
  expect(await timesOf(mistaken, days)).toEqual(right);
  await hub.put(mistaken, { clock_zone: 'UTC' });
  await isCorrected(mistaken);
  expect(await timesOf(mistaken, days)).toEqual(wrong);
  await hub.put(mistaken, { clock_zone: null });
  await isCorrected(mistaken);
  expect(await timesOf(mistaken, days)).toEqual(right);
}

/** Measures each half hour, from before the clock is set back until after it, by the clocks of the gateway and the service. */
async function checkLive(zone: Zone, device: SimulatedGateway, gateway: CreatedGateway): Promise<void> {
  const from = Date.parse(zone.repeated[0]);
  const count = (2 * zone.widthMs) / HALF_HOUR_MS + 2;
  const times = Array.from({ length: count }, (_, n) => from + (n - 1) * HALF_HOUR_MS + 60_000);
  const live = () => readingsOf(gateway, '&origin=live');
  const at = <Result>(time: number, work: () => Promise<Result>): Promise<Result> => {
    const aheadMs = time - Date.now();
    device.measurements.setClock({ offsetMs: aheadMs });
    return withClockAhead(aheadMs, work);
  };

  for (const [index, time] of times.entries()) {
    await at(time, async () => {
      device.notify('temp');
      await eventually(async () => expect(await live()).toHaveLength(index + 1));
    });
  }
  const stored = (await live()).reverse();
  const expected = times.map((time) => [minuteOf(time), isRepeated(zone, time) ? 'ambiguous' : 'minute']);
  expect(stored.map(({ measured_at, time_quality }) => [measured_at, time_quality])).toEqual(expected);

  await fetchHistory(gateway, [zone.autumn]);
  expect((await live()).reverse()).toEqual(stored);
}

describe('a gateway whose clock is never set forward', () => {
  it('has times that the zone of its factory skips, until its clock gets a zone of its own', async () => {
    const [madrid] = ZONES;
    if (!madrid) throw new Error('there is no zone');
    const device = await aClock('Etc/GMT-1'); // An hour ahead of UTC, all year.
    const gateway = await aGatewayIn(madrid.name, device);
    await fetchHistory(gateway, [madrid.spring]);
    const begin = Date.parse(`${madrid.spring}T01:00:00Z`);
    const asMadrid = expectedTimes(device, [madrid.spring], (at) => {
      if (at < begin) return [minuteOf(at), 'minute'];
      if (at < begin + 3_600_000) return [minuteOf(at), 'shifted'];
      return [minuteOf(at - 3_600_000), 'minute'];
    });
    const right = expectedTimes(device, [madrid.spring], (at) => [minuteOf(at), 'minute']);
    expect(Object.values(asMadrid).filter(([, quality]) => quality === 'shifted')).toHaveLength(2);
    expect(await timesOf(gateway, [madrid.spring])).toEqual(asMadrid);

    await hub.put(gateway, { clock_zone: 'Etc/GMT-1' });
    await isCorrected(gateway);
    expect(await timesOf(gateway, [madrid.spring])).toEqual(right);
  });
});
