import fc from 'fast-check';
import { idModes } from '../../../simulator/model/record-ids';
import { recordKinds } from '../../../simulator/model/records';
import type { DeviceTraits } from './device';
import * as steps from './steps';
import type { Step } from './steps';

/** Gateways in a history. */
export const DEVICES = 4;

const HOUR_MS = 3_600_000;

/** The clock of the gateway is about to be set back an hour: summer time ends within the history. */
const summerTimeEnds = (): number => Date.parse('2026-10-25T00:59:50Z') - Date.now();

function weighted<T>(...choices: [number, fc.Arbitrary<T>][]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

const clock: fc.Arbitrary<DeviceTraits['clock']> = fc
  .record({
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'),
    offset: weighted<number | 'summer time ends'>(
      [6, fc.constant(0)],
      [2, fc.constantFrom(-HOUR_MS, HOUR_MS, -20 * HOUR_MS)],
      [2, fc.constant('summer time ends')],
    ),
    format: fc.constantFrom('minute' as const, 'second' as const),
  })
  .map(({ zone, offset, format }) =>
    offset === 'summer time ends'
      ? { zone: 'Europe/Berlin', offsetMs: summerTimeEnds(), format }
      : { zone, offsetMs: offset, format },
  );

const traits: fc.Arbitrary<DeviceTraits> = fc.record({
  ids: fc.constantFrom(...idModes),
  isShort: weighted([3, fc.constant(false)], [1, fc.constant(true)]),
  clock,
  endExclusive: fc.boolean(),
  maxCap: weighted([3, fc.constant(null)], [1, fc.constantFrom(30, 60)]),
  ignoreSerials: weighted([4, fc.constant(false)], [1, fc.constant(true)]),
});

const index = fc.nat({ max: DEVICES - 1 });
const kind = fc.constantFrom(...recordKinds);

const step: fc.Arbitrary<Step> = weighted(
  [20, fc.tuple(index, kind, fc.integer({ min: 1, max: 6 })).map((args) => steps.notify(...args))],
  [8, fc.tuple(index, kind, fc.integer({ min: 1, max: 6 })).map((args) => steps.measureSilently(...args))],
  [8, fc.tuple(index, fc.constantFrom(150, 400, 900, null)).map((args) => steps.schedule(...args))],
  [10, fc.tuple(index, fc.constantFrom(undefined, 1000, 1001, 1011)).map((args) => steps.drop(...args))],
  [6, index.map(steps.freeze)],
  [5, index.map(steps.thaw)],
  [5, index.map(steps.unplug)],
  [5, index.map(steps.plugIn)],
  [5, fc.tuple(index, fc.constantFrom(15, 60, 150)).map((args) => steps.outage(...args))],
  [
    4,
    fc
      .tuple(index, kind, fc.nat({ max: 5 }), fc.integer({ min: 1, max: 8 }))
      .map((args) => steps.deleteRecords(...args)),
  ],
  [3, fc.tuple(index, fc.boolean()).map((args) => steps.resetIds(...args))],
  [3, fc.tuple(index, fc.constantFrom(-HOUR_MS, HOUR_MS, -60_000, 60_000)).map((args) => steps.moveClock(...args))],
  [14, fc.constantFrom(20, 200, 800, 2500).map(steps.pause)],
  [3, fc.constant(steps.killService)],
  [3, fc.constant(steps.killDatabase)],
  [4, fc.constant(steps.databaseIsAway)],
  [5, fc.constant(steps.databaseIsBack)],
);

/** Random gateways, and a random sequence of steps. */
export const history = (length: number) =>
  fc.tuple(
    fc.array(traits, { minLength: DEVICES, maxLength: DEVICES }),
    fc.array(step, { minLength: length, maxLength: length }),
  );
