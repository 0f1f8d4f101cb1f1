import fc from 'fast-check';
import { EARLIEST_PART } from './freshness';
import type { Rule } from './freshness';
import { mostWithin, readWall, SimulatedPlant } from './simulated-plant.harness';
import type { Absence, PlacedOrder, PlantOptions, SimulatedSensor } from './simulated-plant.harness';
import { minutesOf } from './window';
import type { Window } from './window';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'] as const;
const WALLS = new Map(ZONES.map((zone) => [zone as string, readWall(zone)]));
const LIMITS = { intervalMs: 15_000, ordersPerMinute: 40 };

const aRule = (changes: Partial<Rule> = {}): Rule => ({
  ...{ id: 'rule', level: 'factory', maxAgeMs: 4 * HOUR, windows: [], dailyBudget: 1000 },
  ...changes,
});
const aSensor = (id: string, gatewayId: string, changes: Partial<SimulatedSensor> = {}): SimulatedSensor => ({
  ...{ id, gatewayId, zone: 'Europe/Berlin', rules: [aRule()], own: null, outcome: () => 'completed' },
  ...changes,
});
const aPlant = (sensors: readonly SimulatedSensor[], changes: Partial<PlantOptions> & { readonly start: number }) =>
  new SimulatedPlant(sensors, { ...LIMITS, absences: new Map(), sendMs: 1000, takeMs: 5000, ...changes });

/** How many commands were sent, by sensor and local date: `<sensor> dd/mm/yyyy`. */
function sentByDay(placed: readonly PlacedOrder[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { sensor, sentAt } of placed) {
    if (sentAt === null) continue;
    const key = `${sensor.id} ${WALLS.get(sensor.zone)?.(sentAt).date}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Whether a wall clock shows a time in one of the windows, read in another way than the code does. */
function isInWindows(windows: readonly Window[], { weekday, time }: { weekday: string; time: string }): boolean {
  const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  const minuteOfWeek = names.indexOf(weekday) * 1440 + minutesOf(time);
  return windows.some(({ days, from, to }) =>
    (days ?? names).some((day) => {
      const start = names.indexOf(day) * 1440 + minutesOf(from);
      const length = (minutesOf(to) - minutesOf(from) + 1440) % 1440 || 1440;
      return (minuteOfWeek - start + 7 * 1440) % (7 * 1440) < length;
    }),
  );
}

/** What holds for every plant, whatever happens to it. */
function expectLimitsKept({ placed }: SimulatedPlant): void {
  const sensors = new Map(placed.map(({ sensor }) => [sensor.id, sensor]));
  const budgetOf = (id: string) => Math.max(...(sensors.get(id)?.rules ?? []).map(({ dailyBudget }) => dailyBudget));
  const overspent = [...sentByDay(placed)].filter(
    ([key, count]) => count > budgetOf(key.slice(0, -' dd/mm/yyyy'.length)),
  );
  expect(overspent).toEqual([]);
  expect(placed.filter((order) => !isAllowed(order))).toEqual([]);
  for (const id of new Set(placed.map(({ sensor }) => sensor.gatewayId))) {
    const ofGateway = placed.filter(({ sensor }) => sensor.gatewayId === id);
    expect(mostWithin(ofGateway.map(atOf), MINUTE)).toBeLessThanOrEqual(4);
  }
  expect(mostWithin(placed.map(atOf), MINUTE)).toBeLessThanOrEqual(LIMITS.ordersPerMinute);
}

const atOf = ({ at }: PlacedOrder) => at;

/** Whether a rule of the sensor is open, and the reading so old that it may order. */
function isAllowed({ sensor, at, ageMs }: PlacedOrder): boolean {
  const old = sensor.rules.filter(({ maxAgeMs }) => ageMs >= EARLIEST_PART * maxAgeMs);
  if (old.some(({ windows }) => windows.length === 0)) return true;
  const wall = WALLS.get(sensor.zone)?.(at);
  return wall !== undefined && old.some(({ windows }) => isInWindows(windows, wall));
}

describe('plants of any kind', () => {
  const aTime = fc.tuple(fc.nat(23), fc.constantFrom(0, 15, 30, 59));
  const text = ([hours, minutes]: readonly [number, number]) =>
    `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
  const someWindow: fc.Arbitrary<Window> = fc
    .record({
      days: fc.constantFrom<Window['days']>(null, null, ['mon', 'wed', 'fri'], ['sat', 'sun']),
      from: aTime.map(text),
      to: fc.oneof(aTime.map(text), fc.constant('24:00')),
    })
    .filter(({ from, to }) => from !== to);
  const someRule: fc.Arbitrary<Rule> = fc.record({
    id: fc.constant('rule'),
    level: fc.constant('gateway' as const),
    maxAgeMs: fc.constantFrom(5, 10, 60, 240, 1440, 4320).map((minutes) => minutes * MINUTE),
    windows: fc.oneof(fc.constant([]), fc.array(someWindow, { minLength: 1, maxLength: 2 })),
    dailyBudget: fc.constantFrom(0, 1, 2, 5, 24, 1000),
  });
  const somePlant = fc.record({
    sensors: fc.array(
      fc.record({
        gateway: fc.nat(2),
        rules: fc.array(someRule, { minLength: 1, maxLength: 2 }),
        ownMinutes: fc.constantFrom(null, 4, 55, 235, 1000),
        outcomes: fc.array(fc.constantFrom('completed', 'completed', 'failed', 'unsent'), {
          minLength: 1,
          maxLength: 6,
        }),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    absences: fc.array(
      fc.record({ gateway: fc.nat(2), fromHours: fc.nat(60), hours: fc.integer({ min: 1, max: 30 }) }),
    ),
    // Around the changes of the three zones, or at any other time.
    start: fc.constantFrom(
      '2026-03-07',
      '2026-03-28',
      '2026-04-04',
      '2026-10-03',
      '2026-10-24',
      '2026-10-31',
      '2026-07-07',
    ),
    sendMs: fc.constantFrom(0, 1000, 40_000),
    takeMs: fc.constantFrom(2000, 5000, 70_000),
  });

  it('never order more than the budget of a day, outside of the windows, too early, or in a burst', () => {
    fc.assert(
      fc.property(somePlant, ({ sensors, absences, start, ...times }) => {
        const first = Date.parse(start);
        const away = new Map<string, Absence[]>();
        for (const { gateway, fromHours, hours } of absences) {
          const from = first + fromHours * HOUR;
          away.set(`g${gateway}`, [...(away.get(`g${gateway}`) ?? []), { from, to: from + hours * HOUR }]);
        }
        const plant = aPlant(
          sensors.map(({ gateway, rules, ownMinutes, outcomes }, number) =>
            aSensor(`s${number}`, `g${gateway}`, {
              ...{ zone: ZONES[gateway] ?? 'UTC', rules },
              own: ownMinutes === null ? null : { everyMs: ownMinutes * MINUTE, phaseMs: number * 7777 },
              outcome: (order) => outcomes[order % outcomes.length] ?? 'failed',
            }),
          ),
          { start: first, absences: away, ...times },
        );
        plant.runUntil(first + 3 * DAY);
        expectLimitsKept(plant);
      }),
      { numRuns: 60, seed: 11 },
    );
  });
});

describe('a year', () => {
  const start = Date.parse('2026-01-01T00:00:00Z');
  const weekdays: Window[] = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '06:00', to: '22:00' }];

  /** In each zone a gateway that is away every 12 days for 20 hours, with sensors of five kinds. */
  const sensorsIn = (zone: string): SimulatedSensor[] => {
    const sensor = (name: string, changes: Partial<SimulatedSensor>) =>
      aSensor(`${zone} ${name}`, zone, { zone, ...changes });
    return [
      sensor('alone', {}),
      sensor('with readings of its own', { own: { everyMs: 3 * HOUR, phaseMs: 12_345 } }),
      sensor('sparing', { rules: [aRule({ maxAgeMs: HOUR, dailyBudget: 4 })] }),
      sensor('on weekdays', { rules: [aRule({ windows: weekdays })] }),
      sensor('broken', { outcome: () => 'failed', rules: [aRule({ dailyBudget: 5 })] }),
    ];
  };

  it('of three zones, with both changes of the clocks', () => {
    const sensors = ZONES.flatMap(sensorsIn);
    const plant = aPlant(sensors, { start });
    plant.runUntil(start + 365 * DAY);
    expectLimitsKept(plant);

    const days = sentByDay(plant.placed);
    for (const zone of ZONES) {
      const countOf = (name: string) => plant.placed.filter(({ sensor }) => sensor.id === `${zone} ${name}`).length;
      const daysOf = (name: string) => [...days].filter(([key]) => key.startsWith(`${zone} ${name} `));
      // Nothing was ever older than it may be, and nothing was ordered too soon.
      expect(plant.oldest.get(`${zone} alone`)).toBeLessThanOrEqual(4 * HOUR);
      expect(countOf('alone')).toBeGreaterThan((365 * DAY) / (0.96 * 4 * HOUR));
      expect(countOf('alone')).toBeLessThan((365 * DAY) / (0.85 * 4 * HOUR));
      expect(countOf('with readings of its own')).toBe(0);
      // Whole days, of 23, 24 and 25 hours, have the same budget.
      const whole = daysOf('sparing').slice(1, -1);
      expect(whole.length).toBeGreaterThan(360);
      expect(whole.filter(([, count]) => count !== 4)).toEqual([]);
      // In New York the year of UTC begins on a Wednesday evening, and at Lord Howe it ends on a Friday morning.
      expect(daysOf('on weekdays')).toHaveLength(zone === 'Europe/Berlin' ? 261 : 262);
      expect(daysOf('broken').every(([, count]) => count <= 5)).toBe(true);
    }
  });

  it('with a gateway that is away for 20 hours every 12 days: afterwards all is fresh within minutes, without a burst', () => {
    const absences = Array.from({ length: 30 }, (_, number) => {
      const from = start + (number + 1) * 12 * DAY;
      return { from, to: from + 20 * HOUR };
    });
    const sensors = Array.from({ length: 20 }, (_, number) => aSensor(`s${number}`, 'g'));
    const plant = aPlant(sensors, { start, absences: new Map([['g', absences]]) });
    plant.runUntil(start + 365 * DAY);
    expectLimitsKept(plant);
    for (const { from, to } of absences) {
      const during = plant.placed.filter(({ at }) => at >= from && at < to);
      const after = plant.placed.filter(({ at }) => at >= to && at < to + 6 * MINUTE);
      expect([during.length, new Set(after.map(({ sensor }) => sensor.id)).size]).toEqual([0, 20]);
    }
  });
});

describe('a fleet that was away for a day', () => {
  it('is caught up at the pace of the limits: never more in a minute, from no gateway and from all of them', () => {
    const start = Date.parse('2026-06-01T00:00:00Z');
    const gateways = Array.from({ length: 100 }, (_, number) => `g${number}`);
    const sensors = gateways.flatMap((id) => [0, 1, 2, 3].map((number) => aSensor(`${id} ${number}`, id)));
    const back = start + DAY;
    const absences = new Map(gateways.map((id) => [id, [{ from: start, to: back }]]));
    const plant = aPlant(sensors, { start, absences });
    plant.runUntil(back + 11 * MINUTE);
    expectLimitsKept(plant);
    // 400 sensors, 40 a minute; of the last ones, two may be at one gateway.
    expect(plant.placed.filter(({ at }) => at < back + 10 * MINUTE).length).toBeGreaterThan(390);
    expect(new Set(plant.placed.map(({ sensor }) => sensor.id)).size).toBe(400);
    expect(mostWithin(plant.placed.map(atOf), MINUTE)).toBe(40);
  });
});
