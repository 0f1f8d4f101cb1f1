import { EVERYWHERE } from '../../src/common/actor';
import { ConnectionEvent } from '../../src/history/connection-event.entity';
import type { ConnectionEventRow } from '../../src/history/connection-event.entity';
import { ConnectionEventsRepository } from '../../src/history/connection-events.repository';
import { EventRetention } from '../../src/history/event-retention';
import { aChange } from '../support/events';
import { withClockAhead } from '../support/wrong-clock';
import { statementsOf } from './support/statements';
import { configOf, Store } from './support/store';
import { silentLogger } from '../unit-support/silent-logger';

const DAY_MS = 86_400_000;
const NOBODY = '00000000-0000-4000-8000-000000000000';
const lost = { code: 'connection_lost', step: 'live', message: 'The connection broke' } as const;

let store: Store;
let events: ConnectionEventsRepository;
let gatewayId: string;

beforeAll(async () => {
  store = await Store.create();
  events = new ConnectionEventsRepository(store.dataSource.getRepository(ConnectionEvent));
});

beforeEach(async () => {
  gatewayId = (await store.addGateway()).id;
});

afterEach(async () => {
  jest.restoreAllMocks();
  await store.sql('TRUNCATE organizations CASCADE');
});

afterAll(() => store.drop());

const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
const changes = (number: number): ConnectionEventRow[] => Array.from({ length: number }, () => aChange(gatewayId));
const idsOf = (rows: readonly ConnectionEventRow[]): string[] => rows.map(({ id }) => id);

async function stored(): Promise<ConnectionEventRow[]> {
  return (await events.findPage(EVERYWHERE, gatewayId, { limit: 100 })).items;
}

/** Rows of many gateways, made in the database, of an age and up to a millisecond more for each. */
async function addMany(number: number, days: number): Promise<void> {
  await store.sql(
    `INSERT INTO gateway_connection_events (id, gateway_id, first_at, at, from_state, to_state, attempt)
     SELECT gen_random_uuid(), g.id, t, t, 'connecting', 'connected', 0
     FROM gateways g, generate_series(1, $1) n, LATERAL (SELECT now() - $2 * interval '1 day' - n * interval '1 ms') at (t)`,
    [number, days],
  );
}

describe('storing', () => {
  it('keeps all values, and times to the millisecond', async () => {
    const rows = [
      aChange(gatewayId, { at: new Date('2026-02-09T10:00:00.123Z'), reason: lost, attempt: 7 }),
      aChange(gatewayId, { firstAt: new Date('2026-02-09T10:00:01.001Z'), count: 250, from: 'connected' }),
    ];
    await events.store(rows);
    expect((await stored()).reverse()).toEqual(rows);
    // No reason is no value, and not the JSON one.
    expect(await store.sql('SELECT 1 FROM gateway_connection_events WHERE reason IS NULL')).toHaveLength(1);
  });

  it('stores rows only once that are sent twice, as after a lost answer', async () => {
    const rows = changes(3);
    await events.store(rows);
    await events.store([...rows, ...changes(1)]);
    expect(await stored()).toHaveLength(4);
  });

  it('updates a row with the later version of a folded event, and never with an older one', async () => {
    const row = aChange(gatewayId, { at: new Date(Date.now() - 5000) });
    const grown = {
      ...row,
      at: new Date(row.at.getTime() + 4000),
      to: 'reconnecting',
      reason: lost,
      attempt: 3,
      count: 9,
    } as const;
    await events.store([row]);
    await events.store([grown]);
    await events.store([row]);
    expect(await stored()).toEqual([grown]);
  });

  it('skips rows of unknown gateways, and stores the others', async () => {
    const [row] = changes(1);
    if (!row) throw new Error('no row');
    await events.store([aChange(NOBODY), row, aChange(NOBODY)]);
    expect(await store.sql('SELECT id FROM gateway_connection_events')).toEqual([{ id: row.id }]);
  });

  it.each([
    ['a year ahead', 365 * DAY_MS],
    ['an hour behind', -DAY_MS / 24],
    ['forty days behind, so that what is new would be old enough to delete', -40 * DAY_MS],
  ])('stores times by the clock of the database when our clock is %s', async (_, aheadMs) => {
    const before = await store.now();
    await withClockAhead(aheadMs, () => {
      const [firstAt, at] = [new Date(Date.now() - 9000), new Date(Date.now() - 1000)];
      return events.store([aChange(gatewayId, { firstAt, at })]);
    });
    const after = await store.now();
    const [row] = await stored();
    for (const storedAt of [(row?.firstAt.getTime() ?? 0) + 9000, (row?.at.getTime() ?? 0) + 1000]) {
      expect(storedAt).toBeGreaterThanOrEqual(before);
      expect(storedAt).toBeLessThanOrEqual(after);
    }
  });

  it('stores no time later than the current time of the database', async () => {
    const soon = new Date(Date.now() + 30_000);
    await events.store([aChange(gatewayId, { at: soon })]);
    const after = await store.now();
    const [row] = await stored();
    expect(row?.firstAt.getTime()).toBeLessThanOrEqual(after);
    expect(row?.at.getTime()).toBeLessThanOrEqual(after);
  });

  it('returns the greatest id stored before, of any gateway', async () => {
    expect(await events.findGreatestId()).toBeNull();
    const [first, second] = [changes(1), changes(1)];
    expect(await events.store(first)).toBeNull();
    expect(await events.store(second)).toBe(first[0]?.id);
    expect(await events.findGreatestId()).toBe(second[0]?.id);
  });

  it('replaces characters in a reason that PostgreSQL cannot store', async () => {
    await events.store([aChange(gatewayId, { reason: { ...lost, message: 'a\0b\ud800c' } })]);
    expect(await stored()).toMatchObject([{ reason: { message: 'a\ufffdb\ufffdc' } }]);
  });

  it('stores the largest batch in one statement', async () => {
    await events.store(changes(2000));
    expect(await store.sql('SELECT count(*)::int AS n FROM gateway_connection_events')).toEqual([{ n: 2000 }]);
  });

  it.each([
    ['ck_gateway_connection_events_from_state', { from: 'asleep' }],
    ['ck_gateway_connection_events_to_state', { to: 'asleep' }],
  ])('is prevented by %s for an unknown state', async (constraint, wrong) => {
    await expect(events.store([{ ...aChange(gatewayId), ...(wrong as object) }])).rejects.toMatchObject({ constraint });
  });

  it('creates rows that are removed together with the row of their gateway', async () => {
    await events.store(changes(3));
    await store.sql('DELETE FROM gateways WHERE id = $1 RETURNING id', [gatewayId]);
    expect(await store.sql('SELECT id FROM gateway_connection_events')).toEqual([]);
  });
});

describe('paging', () => {
  it('goes from the newest to the oldest, with each row once, even while new ones arrive', async () => {
    const rows = changes(25);
    await events.store(rows);
    await events.store([aChange((await store.addGateway()).id)]);

    const seen: string[] = [];
    let before: string | undefined;
    let hasMore = true;
    while (hasMore) {
      const page = await events.findPage(EVERYWHERE, gatewayId, { limit: 10, before });
      seen.push(...idsOf(page.items));
      before = page.items.at(-1)?.id;
      hasMore = page.hasMore;
      await events.store(changes(4));
    }

    expect(seen).toEqual(idsOf(rows).reverse());
  });

  it.each([
    [9, true],
    [10, false],
    [11, false],
  ])('of ten rows by %i reports whether there are more: %s', async (limit, hasMore) => {
    await events.store(changes(10));
    expect(await events.findPage(EVERYWHERE, gatewayId, { limit })).toMatchObject({ hasMore });
  });
});

describe('the clean-up', () => {
  function aRetention(days: string) {
    const logger = silentLogger();
    const retention = new EventRetention(configOf(store.database, { EVENT_RETENTION_DAYS: days }), events, logger);
    return { retention, warn: jest.spyOn(logger, 'warn'), slices: jest.spyOn(events, 'deleteOlderThan') };
  }

  const count = async (): Promise<number> =>
    (await store.sql<{ n: number }>('SELECT count(*)::int AS n FROM gateway_connection_events'))[0]?.n ?? 0;

  /** Hours that pass, and at each of them a clean-up, by a clock of the database that was set by so much meanwhile. */
  async function hours(retention: EventRetention, number: number, setByMs = 0): Promise<void> {
    const start = performance.now();
    const read = events.findExpired.bind(events);
    for (let hour = 0; hour <= number; hour += 1) {
      jest.spyOn(performance, 'now').mockReturnValue(start + hour * 3_600_000);
      jest.spyOn(events, 'findExpired').mockImplementation(async (days) => {
        const expired = await read(days);
        return { ...expired, now: new Date(expired.now.getTime() + hour * 3_600_000 + setByMs) };
      });
      await retention.cleanUp(() => true);
    }
    jest.restoreAllMocks();
  }

  it('deletes only what is older than the retention period, in slices', async () => {
    await addMany(12_000, 8);
    await addMany(12_000, 5);
    const kept = [daysAgo(6), new Date()].map((at) => aChange(gatewayId, { at }));
    const growing = aChange(gatewayId, { firstAt: daysAgo(9), at: daysAgo(6) });
    await events.store([...kept, growing]);
    const { retention, slices } = aRetention('7');

    await retention.cleanUp(() => true);

    expect(await Promise.all(slices.mock.results.map(({ value }) => value as Promise<number>))).toEqual([
      5000, 5000, 2000,
    ]);
    expect(await count()).toBe(12_003);
    const remaining = await store.sql<{ id: string }>('SELECT id FROM gateway_connection_events');
    expect(remaining.map(({ id }) => id)).toEqual(expect.arrayContaining(idsOf([...kept, growing])));
  });

  it('never runs twice at the same time', async () => {
    await addMany(100, 31);
    await addMany(100, 1);
    const { retention, slices } = aRetention('30');
    await Promise.all([retention.cleanUp(() => true), retention.cleanUp(() => true)]);
    expect(slices).toHaveBeenCalledTimes(1);
    expect(await count()).toBe(100);
  });

  it('stops between two slices when it may not continue', async () => {
    await addMany(12_000, 31);
    await addMany(12_000, 1);
    const { retention, slices } = aRetention('30');
    await retention.cleanUp(() => slices.mock.calls.length < 1);
    expect(slices).toHaveBeenCalledTimes(1);
    expect(await count()).toBe(19_000);
  });

  it('only logs a warning when it fails, and continues with the next run', async () => {
    await addMany(10, 31);
    await addMany(10, 1);
    const { retention, warn } = aRetention('30');
    await store.sql('ALTER TABLE gateway_connection_events RENAME TO elsewhere');
    await retention.cleanUp(() => true);
    expect(warn).toHaveBeenCalledTimes(1);

    await store.sql('ALTER TABLE elsewhere RENAME TO gateway_connection_events');
    await retention.cleanUp(() => true);
    expect(await count()).toBe(10);
  });

  it('keeps the old rows if they are most of the table, and warns once', async () => {
    await addMany(11, 31);
    await addMany(10, 1);
    const { retention, warn } = aRetention('30');
    await retention.cleanUp(() => true);
    await retention.cleanUp(() => true);
    expect(await count()).toBe(21);
    expect(warn.mock.calls).toEqual([[{ rows: 11, expiry: expect.any(Date) as Date }, expect.stringMatching(/kept/)]]);
  });

  it('deletes even the whole table after the clock of the database was right for a day', async () => {
    await addMany(20, 31);
    const { retention } = aRetention('30');
    await hours(retention, 23);
    expect(await count()).toBe(20);
    await hours(retention, 24);
    expect(await count()).toBe(0);
  });

  it('deletes nothing, not even one row, for a day after the clock of the database was set', async () => {
    await addMany(1, 31);
    await addMany(20, 1);
    const { retention } = aRetention('30');
    await hours(retention, 0, 20 * DAY_MS);
    await addMany(1, 31);
    await hours(retention, 23);
    expect(await count()).toBe(21);
    await hours(retention, 24);
    expect(await count()).toBe(20);
  });
});

describe('with many rows', () => {
  /** How PostgreSQL carries out the one statement that some work consists of. */
  async function planOf(work: () => Promise<unknown>): Promise<string> {
    const statement = (await statementsOf(work)).at(-1);
    const lines = await store.sql<{ 'QUERY PLAN': string }>(`EXPLAIN ${statement?.text}`, statement?.values);
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  }

  it('pages and clean-up slices read only the rows that they need, through an index', async () => {
    const { factoryId } = await store.addGateway();
    await store.addGateways(factoryId, 20);
    await addMany(2000, 29);
    await addMany(500, 31);
    await store.sql('ANALYZE gateway_connection_events');
    const before = (await stored()).at(-1)?.id;

    const plans = [
      await planOf(() => events.findPage(EVERYWHERE, gatewayId, { limit: 20 })),
      await planOf(() => events.findPage(EVERYWHERE, gatewayId, { limit: 20, before })),
      await planOf(() => events.deleteOlderThan(daysAgo(30), 5000)),
    ];

    const byGateway = /Index Scan Backward using ix_gateway_connection_events_gateway_id_id/;
    expect(plans).toEqual([
      expect.stringMatching(byGateway),
      expect.stringMatching(byGateway),
      expect.stringMatching(/Limit[^]+Index Scan using ix_gateway_connection_events_at/),
    ]);
    expect(plans.filter((plan) => /Seq Scan|Sort/.test(plan))).toEqual([]);
  });
});
