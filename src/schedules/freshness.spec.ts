import { dueTimeOf } from './freshness';
import type { PastOrder, Rule, SensorFacts } from './freshness';
import { planOrders } from './order-plan';
import type { Candidate } from './order-plan';
import { spreadOf } from './spread';
import { ZoneClock } from './zone-clock';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-06-01T10:00:00Z');
const utc = new ZoneClock('UTC');

const aRule = (changes: Partial<Rule> = {}): Rule => ({
  ...{ id: 'rule', level: 'factory', maxAgeMs: 4 * HOUR, windows: [], dailyBudget: 100 },
  ...changes,
});
const aSensor = (changes: Partial<SensorFacts> = {}): SensorFacts => ({
  ...{ sensorId: 'a', gatewayId: 'g', kind: 'vibration', measuredAt: NOW, orders: [] },
  ...changes,
});
/** An order that ended at a time. */
const ended = (endedAt: number | null, changes: Partial<PastOrder> = {}): PastOrder => {
  const createdAt = (endedAt ?? NOW) - 10_000;
  return { createdAt, sentAt: createdAt + 1000, endedAt, isCompleted: false, ...changes };
};
/** When a reading of this time is due again. */
const dueAfter = (time: number, { sensorId } = aSensor(), maxAgeMs = 4 * HOUR) =>
  time + (0.85 + 0.1 * spreadOf(sensorId)) * maxAgeMs;
const dueAt = (facts: SensorFacts, rules = [aRule()], clock = utc, now = NOW) =>
  dueTimeOf(facts, rules, clock, now)?.at;

describe('the time at which a reading is due', () => {
  it('is some time before it is too old, at the same time for a sensor, and at other times for other ones', () => {
    expect(dueAt(aSensor())).toBe(dueAfter(NOW));
    const parts = Array.from({ length: 1000 }, (_, number) => spreadOf(`sensor ${number}`));
    expect(Math.min(...parts)).toBeLessThan(0.01);
    expect(Math.max(...parts)).toBeGreaterThan(0.99);
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => parts.filter((part) => Math.floor(part * 10) === tenth).length,
    );
    for (const count of tenths) expect(Math.abs(count - 100)).toBeLessThan(40);
  });

  it('is now if it is too old, or if there is none', () => {
    expect(dueAt(aSensor({ measuredAt: NOW - 5 * HOUR }))).toBe(NOW);
    expect(dueAt(aSensor({ measuredAt: null }))).toBe(NOW);
  });

  it('follows an order that has led to a reading, whatever the clock of the gateway shows', () => {
    const slow = aSensor({ measuredAt: NOW - DAY, orders: [ended(NOW - HOUR, { isCompleted: true })] });
    expect(dueAt(slow)).toBe(dueAfter(NOW - HOUR));
    expect(dueAt(aSensor({ measuredAt: NOW + 10 * MINUTE }))).toBe(dueAfter(NOW));
    expect(dueAt(aSensor({ measuredAt: NOW + DAY }))).toBe(NOW);
  });

  it('is never while an order is open', () => {
    expect(dueAt(aSensor({ measuredAt: null, orders: [ended(null)] }))).toBe(Infinity);
  });

  it('is later after each failure in a row, up to four hours, and soon again after a reading', () => {
    const failed = (count: number, measuredAt: number | null = null) =>
      aSensor({
        measuredAt,
        orders: Array.from({ length: count }, (_, index) => ended(NOW - (count - index) * MINUTE)),
      });
    const waits = [1, 2, 3, 6, 7, 20].map((count) => (dueAt(failed(count)) ?? 0) - (NOW - MINUTE));
    expect(waits).toEqual([5, 10, 20, 160, 240, 240].map((minutes) => minutes * MINUTE));
    expect(dueAt(aSensor({ measuredAt: null, orders: [ended(NOW - HOUR), ended(NOW - MINUTE)] }))).toBe(
      NOW + 9 * MINUTE,
    );
    const between = [ended(NOW - 2 * HOUR), ended(NOW - HOUR, { isCompleted: true }), ended(NOW - MINUTE)];
    expect(dueAt(aSensor({ measuredAt: null, orders: between }), [aRule({ maxAgeMs: 5 * MINUTE })])).toBe(
      NOW + 4 * MINUTE,
    );
    expect(dueAt(failed(7, NOW - 30_000), [aRule({ maxAgeMs: MINUTE / 2 })])).toBe(NOW);
  });

  it('is on the next day when the budget of the day is spent, by commands that were sent', () => {
    const orders = [
      ended(NOW - 3 * HOUR),
      ended(NOW - 2 * HOUR, { sentAt: null }),
      ended(NOW - HOUR, { isCompleted: true }),
    ];
    const sensor = aSensor({ measuredAt: null, orders });
    const rule = (dailyBudget: number) => [aRule({ maxAgeMs: 10 * MINUTE, dailyBudget })];
    expect(dueAt(sensor, rule(3))).toBe(NOW);
    expect(dueAt(sensor, rule(2))).toBe(Date.parse('2026-06-02T00:00:00Z'));
    expect(dueAt(sensor, rule(2), new ZoneClock('Asia/Tokyo'))).toBe(Date.parse('2026-06-01T15:00:00Z'));
    expect(dueAt(sensor, rule(0))).toBe(Infinity);
  });

  it('is in a window, also on the next day', () => {
    const nights = [{ days: null, from: '22:00', to: '04:00' }];
    expect(dueAt(aSensor({ measuredAt: null }), [aRule({ windows: nights })])).toBe(Date.parse('2026-06-01T22:00:00Z'));
    const spent = Array.from({ length: 2 }, () => ended(NOW - HOUR, { isCompleted: true }));
    const rule = aRule({
      windows: [{ days: null, from: '06:00', to: '12:00' }],
      dailyBudget: 2,
      maxAgeMs: 10 * MINUTE,
    });
    expect(dueAt(aSensor({ measuredAt: null, orders: spent }), [rule])).toBe(Date.parse('2026-06-02T06:00:00Z'));
  });

  it('is set by the most specific rules, the first of several', () => {
    const rules = [
      aRule({ id: 'factory', maxAgeMs: HOUR }),
      aRule({ id: 'gateway', level: 'gateway', maxAgeMs: 8 * HOUR }),
      aRule({ id: 'other', level: 'gateway', maxAgeMs: 6 * HOUR }),
    ];
    expect(dueTimeOf(aSensor(), rules, utc, NOW)).toMatchObject({
      at: dueAfter(NOW, aSensor(), 6 * HOUR),
      scheduleId: 'other',
    });
    const exempt = aRule({ level: 'sensor', dailyBudget: 0 });
    expect(dueAt(aSensor({ measuredAt: null }), [...rules, exempt])).toBe(Infinity);
    expect(dueTimeOf(aSensor(), [], utc, NOW)).toBeNull();
  });
});

describe('the plan of a look', () => {
  const limits = { intervalMs: 15_000, ordersPerMinute: 12 };
  const isFree = () => true;
  const aCandidate = (sensorId: string, gatewayId: string, urgency: number, at = NOW): Candidate => ({
    ...{ sensorId, gatewayId, kind: 'vibration', due: { at, urgency, scheduleId: 'rule' } },
  });
  const ids = (candidates: readonly Candidate[]) => candidates.map(({ sensorId }) => sensorId);

  it('orders the most urgent sensor of each free gateway, and no more in all than the limit', () => {
    const candidates = [
      ...[aCandidate('a', 'g', 1), aCandidate('b', 'g', 2), aCandidate('c', 'busy', 9)],
      ...[
        aCandidate('d', 'h', 3),
        aCandidate('e', 'i', Infinity),
        aCandidate('f', 'j', 0),
        aCandidate('later', 'k', 9, NOW + 1),
      ],
    ];
    const { orders, lookAgainAt } = planOrders(candidates, (id) => id !== 'busy', limits, NOW);
    expect(ids(orders)).toEqual(['e', 'd', 'b']);
    expect(lookAgainAt).toBe(NOW + 15_000);
  });

  it('orders by hash what is equally urgent', () => {
    const all = Array.from({ length: 12 }, (_, number) => aCandidate(`s${number}`, `g${number}`, Infinity));
    const expected = [...ids(all)].sort((a, b) => spreadOf(a) - spreadOf(b)).slice(0, 3);
    expect(ids(planOrders(all, isFree, limits, NOW).orders)).toEqual(expected);
    expect(expected).not.toEqual(['s0', 's1', 's2']);
  });

  it.each([
    ['an interval, if something is due and has to wait', [aCandidate('c', 'busy', 9)], 15_000],
    ['an interval, if something is due before', [aCandidate('a', 'g', 1, NOW + 1000)], 15_000],
    ['until something is due', [aCandidate('a', 'g', 1, NOW + 40_000)], 40_000],
    ['four intervals at the most', [aCandidate('a', 'g', 1, NOW + DAY)], 60_000],
    ['four intervals if there is nothing', [], 60_000],
  ])('looks again after %s', (_what, candidates, expected) => {
    const { lookAgainAt } = planOrders(candidates, (id) => id !== 'busy', limits, NOW);
    expect(lookAgainAt - NOW).toBe(expected);
  });

  it('looks less often if a single order per look would be too many', () => {
    const slow = { intervalMs: 1000, ordersPerMinute: 2 };
    expect(planOrders([aCandidate('a', 'g', 1)], isFree, slow, NOW)).toMatchObject({ lookAgainAt: NOW + 30_000 });
  });
});
