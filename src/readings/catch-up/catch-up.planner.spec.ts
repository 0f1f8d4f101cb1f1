import { CatchUpStore } from './catch-up.harness';
import { SimulatedHistory } from './simulated-history.harness';
import type { Quirks } from './simulated-history.harness';

const honest: Quirks = {
  ...{ sensors: 3, numbering: 'gateway', offset: 0, step: 1, isEndInclusive: true, isStartInclusive: true },
  ...{ largestReply: 1_000, ignoresSerials: false, order: 'newest_first', depth: 10_000, recordBytes: 20 },
};

/** A gateway with four days of records, all of which are stored and verified. */
function verified(quirks: Partial<Quirks> = {}) {
  const gateway = new SimulatedHistory({ ...honest, ...quirks });
  const store = new CatchUpStore(gateway, 'vibration');
  const measure = (count: number) => Array.from({ length: count }, (_, i) => gateway.measure(i, i));
  for (let day = 0; day < 4; day += 1) {
    measure(6);
    gateway.today += 1;
  }
  store.run();
  measure(3).forEach((record) => store.hear(record));
  store.run();
  store.requests.length = 0;
  return { gateway, store, measure };
}

describe('the plan of a catch-up', () => {
  it('asks for one record of a gateway that has nothing new', () => {
    const { store } = verified();
    store.run();
    expect(store.requests).toMatchObject([{ serials: [], start: null, end: null, max: 1 }]);
    expect(store.isVerified).toBe(true);
  });

  it('asks for one record of each sensor if each is numbered on its own', () => {
    const { store } = verified({ numbering: 'sensor' });
    store.run();
    expect(store.requests.map(({ serials, max }) => [serials, max])).toEqual([
      [[100], 1],
      [[101], 1],
      [[102], 1],
    ]);
  });

  it('asks for as many of the newest records as are missing, and for two that are known', () => {
    const { store, measure } = verified();
    const missed = measure(5);
    store.run();
    expect(store.requests.map(({ start, max }) => [start, max])).toEqual([
      [null, 1],
      [null, 7],
    ]);
    expect(missed.every((record) => store.holds(record))).toBe(true);
  });

  it('asks for the days around a hole', () => {
    const { gateway, store, measure } = verified();
    measure(3);
    gateway.today += 1;
    measure(3).forEach((record) => store.hear(record));
    store.run();
    expect(store.requests.slice(1)).toMatchObject([{ serials: [], start: gateway.today - 2, max: 40 }]);
    expect(store.isVerified).toBe(true);
  });

  it('asks once for numbers that the gateway has skipped', () => {
    const { store, measure } = verified({ step: 4 });
    measure(4).forEach((record) => store.hear(record));
    store.run();
    store.run();
    expect(store.lastRequests).toBe(1);
  });

  it('settles the numbers that a gateway has skipped on its first day', () => {
    const gateway = new SimulatedHistory({ ...honest, step: 4 });
    const store = new CatchUpStore(gateway, 'vibration');
    const measure = (count: number) => Array.from({ length: count }, (_, i) => gateway.measure(i, i));
    measure(9);
    store.run(); // Shows how the gateway numbers its records.
    expect([store.isVerified, store.missing]).toEqual([true, []]);
    measure(3);
    store.run();
    expect([store.isVerified, store.missing]).toEqual([true, []]);
  });

  it('does not call numbers skipped that were dropped on the first day of a gateway', () => {
    const gateway = new SimulatedHistory({ ...honest, depth: 12 });
    const store = new CatchUpStore(gateway, 'vibration');
    const measure = (count: number) => Array.from({ length: count }, (_, i) => gateway.measure(i, i));
    measure(9);
    store.run();
    measure(20);
    store.run();
    store.run();
    expect(store.missing).toEqual([{ from: 10, to: 17 }]);
    expect(new Set(store.gaps.map(({ reason }) => reason))).toEqual(new Set(['not_at_gateway']));
  });

  it('asks for the day alone if records have no numbers', () => {
    const { gateway, store } = verified({ numbering: 'none' });
    store.run();
    expect(store.requests).toMatchObject([{ start: gateway.today, end: null }]);
  });

  it('does not rely on numbers that began anew', () => {
    const { gateway, store, measure } = verified();
    gateway.restartNumbering();
    gateway.today += 1;
    const missed = measure(4);
    store.run();
    expect(missed.every((record) => store.holds(record))).toBe(true);
  });

  it('reports what the gateway no longer has', () => {
    const { gateway, store, measure } = verified({ depth: 10 });
    const from = gateway.today;
    gateway.today += 1;
    measure(15);
    store.run();
    expect(store.gaps).toEqual([{ serials: [], days: { from, to: gateway.today }, reason: 'not_at_gateway' }]);
  });

  it('reports numbers that were dropped on the first day of a gateway, before it was asked', () => {
    const gateway = new SimulatedHistory({ ...honest, depth: 12 });
    const store = new CatchUpStore(gateway, 'vibration');
    const measure = (count: number) => Array.from({ length: count }, (_, i) => gateway.measure(i, i));
    measure(9).forEach((record) => store.hear(record));
    store.run();
    measure(2);
    measure(20).forEach((record) => store.hear(record));
    store.run();
    const days = { from: gateway.today, to: gateway.today };
    expect(store.gaps).toEqual([{ serials: [], days, reason: 'not_at_gateway' }]);
  });

  it('asks a second time if it is not answered, then reports a gap', () => {
    const { gateway, store } = verified({ numbering: 'none' });
    store.run(Infinity, () => true);
    expect(store.requests.map(({ max }) => max)).toEqual([40, 10]);
    expect(store.gaps).toEqual([
      { serials: [], days: { from: gateway.today, to: gateway.today }, reason: 'answer_missing' },
    ]);
  });

  it('verifies nothing if the newest record cannot be had', () => {
    const { store } = verified();
    store.run(Infinity, () => true);
    expect([store.lastRequests, store.isVerified]).toEqual([2, false]);
  });
});
