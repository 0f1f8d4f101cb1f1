import type { ScheduledOrders } from '../acquisitions/scheduled-orders';
import { parseConfig } from '../config/config';
import type { CatchUp, CatchUpStatus } from '../readings/catch-up/catch-up';
import type { ConnectionRegistry } from '../status/connection.registry';
import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import { silentLogger } from '../../test/unit-support/silent-logger';
import type { ActiveRule, DueSensorsRepository, WatchedSensor } from './due-sensors.repository';
import { GATEWAYS_PER_LOOK, ScheduleRunner, TICK_MS } from './schedule-runner';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

useFakeTimersInTests();

const aRule = (changes: Partial<ActiveRule> = {}): ActiveRule => ({
  ...{ id: 'rule', level: 'factory', kind: 'vibration', timezone: 'UTC' },
  ...{ maxAgeMs: HOUR, windows: [], dailyBudget: 100 },
  ...changes,
});
/** A sensor without a reading, so it is due. */
const aSensor = (sensorId: string, gatewayId: string): WatchedSensor => ({
  ...{ sensorId, gatewayId, kind: 'vibration', measuredAt: null, orders: [], ruleIds: ['rule'] },
});

/** A runner of a service that starts now, with its timer. Sensors are due until they are ordered. */
function aRunner(rules: ActiveRule[], due: WatchedSensor[] = []) {
  const rulesRead = jest.fn(() => Promise.resolve(rules));
  const sensorsRead = jest.fn((gatewayIds: readonly string[]) =>
    Promise.resolve(due.filter(({ gatewayId }) => gatewayIds.includes(gatewayId))),
  );
  const table: Pick<DueSensorsRepository, 'findRules' | 'findSensors'> = {
    findRules: rulesRead,
    findSensors: sensorsRead,
  };
  const placed: { sensorId: string; at: number }[] = [];
  const orders: Pick<ScheduledOrders, 'isFree' | 'place'> = {
    isFree: () => true,
    place: (chosen) => {
      for (const { sensorId } of chosen) {
        placed.push({ sensorId, at: Date.now() - startedAt });
        due.splice(
          due.findIndex((sensor) => sensor.sensorId === sensorId),
          1,
        );
      }
      return Promise.resolve(chosen.length);
    },
  };
  /** When each gateway was connected, and whether its history is fetched. */
  const connected = new Map<string, { at: Date; isCaughtUp: boolean }>();
  const catchUp: Pick<CatchUp, 'statusOf'> = {
    statusOf: (gatewayId): CatchUpStatus | null => {
      const found = connected.get(gatewayId);
      return found ? { connectedAt: found.at, progress: () => (found.isCaughtUp ? null : { done: 0, left: 1 }) } : null;
    },
  };
  const registry = {
    findConnected: () => [...connected.keys()].map((id) => ({ gateway: { id } })),
  } as Pick<ConnectionRegistry, 'findConnected'>;
  const logger = silentLogger();
  const warn = jest.spyOn(logger, 'warn');
  const runner = new ScheduleRunner(
    table as DueSensorsRepository,
    orders as ScheduledOrders,
    catchUp as CatchUp,
    registry as ConnectionRegistry,
    parseConfig({ NODE_ENV: 'test' }),
    logger,
  );
  const startedAt = Date.now();
  runner.start();
  setInterval(() => runner.tick(), TICK_MS);
  const connect = (id: string, isCaughtUp = true) => connected.set(id, { at: new Date(), isCaughtUp });
  return { runner, rules, due, rulesRead, sensorsRead, placed, connected, connect, warn };
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

it('asks once whether there are schedules, and nothing more until one is created or changed', async () => {
  const { runner, rules, rulesRead, sensorsRead, connect } = aRunner([]);
  connect('g');
  await pass(20 * MINUTE);
  expect([rulesRead.mock.calls.length, sensorsRead.mock.calls.length]).toEqual([1, 0]);

  rules.push(aRule());
  runner.changed();
  await pass(10 * MINUTE);
  const reads = rulesRead.mock.calls.length;
  expect(reads).toBeGreaterThanOrEqual(10);
  rules.splice(0);
  await pass(20 * MINUTE);
  expect(rulesRead.mock.calls.length).toBe(reads + 1);
});

it('reads no sensors while no gateway is connected, or no window is open', async () => {
  const never = aRule({ windows: [{ days: null, from: '00:00', to: '00:01' }] });
  jest.setSystemTime(Date.parse('2026-06-01T12:00:00Z'));
  const closed = aRunner([never], [aSensor('a', 'g')]);
  closed.connect('g');
  const unconnected = aRunner([aRule()], [aSensor('a', 'g')]);
  await pass(5 * MINUTE);
  expect(closed.sensorsRead).not.toHaveBeenCalled();
  expect(unconnected.sensorsRead).not.toHaveBeenCalled();
});

it('orders one measurement of each gateway at a time, the first after an interval', async () => {
  const { placed, connect } = aRunner(
    [aRule()],
    [aSensor('a', 'g'), aSensor('b', 'g'), aSensor('c', 'g'), aSensor('d', 'h'), aSensor('e', 'away')],
  );
  connect('g');
  connect('h');
  await pass(5 * MINUTE);
  const seconds = placed.map(({ at }) => Math.round(at / SECOND));
  expect(placed.map(({ sensorId }) => sensorId).sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(seconds).toEqual([15, 15, 30, 45]);
});

it('looks at a large fleet in turns, one after the other also while nothing is due', async () => {
  const { sensorsRead, placed, connect } = aRunner([aRule()], [aSensor('last', 'g 2999')]);
  for (let number = 1000; number < 3000; number += 1) connect(`g ${number}`);
  await pass(4 * 15 * SECOND + SECOND);
  const turns = sensorsRead.mock.calls.map(([gatewayIds]) => gatewayIds.length);
  expect(turns).toEqual(Array.from({ length: 4 }, () => GATEWAYS_PER_LOOK));
  expect(placed.map(({ at }) => Math.round(at / SECOND))).toEqual([60]);
  await pass(15 * SECOND);
  expect(sensorsRead.mock.calls.at(-1)?.[0][0]).toBe('g 1000');
});

it('waits for the history of a gateway, but no longer than a quarter of an hour', async () => {
  const { placed, connected, connect } = aRunner([aRule()], [aSensor('a', 'g'), aSensor('b', 'h')]);
  connect('g', false);
  connect('h', false);
  await pass(5 * MINUTE);
  expect(placed).toEqual([]);
  connected.set('h', { at: new Date(0), isCaughtUp: true });
  await pass(MINUTE);
  expect(placed.map(({ sensorId }) => sensorId)).toEqual(['b']);
  await pass(10 * MINUTE);
  expect(placed.map(({ sensorId }) => sensorId)).toEqual(['b', 'a']);
});

it('goes on when the database is back, and has warned once', async () => {
  const { rulesRead, placed, connect, warn } = aRunner([aRule()], [aSensor('a', 'g'), aSensor('b', 'g')]);
  connect('g');
  rulesRead.mockImplementation(() => Promise.reject(new Error('the database is away')));
  await pass(10 * MINUTE);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(rulesRead.mock.calls.length).toBeLessThanOrEqual(10);
  rulesRead.mockImplementation(() => Promise.resolve([aRule()]));
  await pass(2 * MINUTE);
  expect(placed).toHaveLength(2);
  expect((placed[1]?.at ?? 0) - (placed[0]?.at ?? 0)).toBeGreaterThanOrEqual(15 * SECOND);
});

it('orders nothing once it is stopped, not even what it is about to order', async () => {
  const { runner, rulesRead, placed, connect } = aRunner([aRule()], [aSensor('a', 'g')]);
  connect('g');
  let answer: () => void = () => undefined;
  rulesRead.mockImplementation(() => new Promise((resolve) => (answer = () => resolve([aRule()]))));
  await pass(16 * SECOND);
  const stopped = runner.stop();
  answer();
  await stopped;
  await pass(5 * MINUTE);
  expect([rulesRead.mock.calls.length, placed]).toEqual([1, []]);
});
