import fc from 'fast-check';
import { CatchUpStore } from './catch-up.harness';
import { FIRST_DAY, SimulatedHistory } from './simulated-history.harness';
import type { Quirks } from './simulated-history.harness';

const quirks: fc.Arbitrary<Quirks> = fc.record({
  sensors: fc.integer({ min: 1, max: 5 }),
  numbering: fc.constantFrom('gateway', 'gateway', 'sensor', 'none', 'disjoint'),
  offset: fc.constantFrom(-7, -1, 1, 7, 1_000),
  step: fc.constantFrom(1, 1, 1, 4),
  isEndInclusive: fc.boolean(),
  isStartInclusive: fc.boolean(),
  largestReply: fc.constantFrom(4, 5, 9, 1_000, 1_000),
  ignoresSerials: fc.constantFrom(false, false, true),
  order: fc.constantFrom('newest_first', 'newest_first', 'newest_last', 'oldest_first'),
  depth: fc.constantFrom(10_000, 10_000, 30),
  recordBytes: fc.constantFrom(20, 100, 300),
});

/** What happens at the gateway and on the way to the service. */
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('measures' as const),
      sensors: fc.array(fc.nat(40), { maxLength: 12 }),
      heard: fc.constantFrom(0, 0.5, 1),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('days' as const), days: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('run' as const), stopAfter: fc.constantFrom(1, 2, 5, 5_000, 5_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('deletes' as const), which: fc.array(fc.nat(1_000), { maxLength: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restarts' as const) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

interface History {
  readonly quirks: Quirks;
  readonly kind: 'vibration' | 'temperature';
  readonly happenings: readonly Happening[];
}

const histories: fc.Arbitrary<History> = fc.record({
  quirks,
  kind: fc.constantFrom('vibration', 'temperature'),
  happenings: fc.array(happening, { minLength: 1, maxLength: 30 }),
});

function play(
  { quirks: traits, kind, happenings }: History,
  fails?: (request: number) => boolean,
): { gateway: SimulatedHistory; store: CatchUpStore } {
  const gateway = new SimulatedHistory(traits);
  const store = new CatchUpStore(gateway, kind);
  for (const what of happenings) {
    if (what.type === 'days') gateway.today += what.days;
    else if (what.type === 'run') store.run(what.stopAfter, fails);
    else if (what.type === 'deletes') gateway.delete(what.which);
    else if (what.type === 'restarts') gateway.restartNumbering();
    else
      for (const [i, sensor] of what.sensors.entries()) {
        const record = gateway.measure(sensor, sensor);
        if (i < what.sensors.length * what.heard) store.hear(record);
        else store.loseSession();
      }
  }
  store.run(Infinity, fails);
  return { gateway, store };
}

/** The same histories each time. More were played when the plan was written. */
const RUNS = { numRuns: 200, seed: 7 };

describe('the plan of a catch-up, against histories of any behaviour', () => {
  it('misses nothing that the gateway holds, but for days that it reports as too dense', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { gateway, store } = play(history);
        const inGap = (day: number) =>
          store.gaps.some(({ days, reason }) => reason === 'too_dense' && days.from <= day && day <= days.to);
        expect(gateway.records.filter((record) => !store.holds(record) && !inGap(record.day))).toEqual([]);
        expect(store.isVerified).toBe(true);
      }),
      RUNS,
    );
  });

  it('reports a gap for all that the gateway dropped before it was fetched, once a run was complete', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { gateway, store } = play({ ...history, quirks: { ...history.quirks, depth: 30 } });
        const first = store.firstVerifiedRow ?? Infinity;
        const inGap = (day: number) => store.gaps.some(({ days }) => days.from <= day && day <= days.to);
        expect(gateway.dropped.filter((r) => r.content > first && !store.holds(r) && !inGap(r.day))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('ends, and asks few questions', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { gateway, store } = play(history);
        const days = gateway.today - FIRST_DAY + 3;
        expect(store.lastRequests).toBeLessThanOrEqual(10 + days * (8 + 4 * history.quirks.sensors));
      }),
      RUNS,
    );
  });

  it('reports no loss of a gateway that lost nothing', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const happenings = history.happenings.filter(({ type }) => type !== 'deletes' && type !== 'restarts');
        const { store } = play({ ...history, quirks: { ...history.quirks, depth: 10_000 }, happenings });
        expect(store.gaps.filter(({ reason }) => reason !== 'too_dense')).toEqual([]);
      }),
      RUNS,
    );
  });

  it('verifies nothing that it was not answered, and ends although every answer fails', () => {
    fc.assert(
      fc.property(histories, fc.func(fc.boolean()), (history, fails) => {
        const { gateway, store } = play({ ...history, quirks: { ...history.quirks, depth: 10_000 } }, fails);
        const inGap = (day: number) => store.gaps.some(({ days }) => days.from <= day && day <= days.to);
        const missed = gateway.records.filter((record) => !store.holds(record) && !inGap(record.day));
        expect(store.isVerified ? missed : []).toEqual([]);
      }),
      RUNS,
    );
  });
});
