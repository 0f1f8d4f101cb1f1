import { readWatermark } from '../signals/watermark';
import { seededRandom } from '../seeded-random';
import { Measurements } from './measurements';
import type { MeasurementOptions, RecordQuery } from './measurements';
import { idModes } from './record-ids';
import type { StoredRecord } from './records';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const noon = Date.UTC(2026, 4, 21, 12);
const first = 30_000_011;
const everything: RecordQuery = { accepts: () => true, start: null, end: null, endExclusive: false, max: Infinity };

/** A gateway with three connected sensors that measure every hour, and a clock that the test sets. */
class Bench {
  now = noon;
  readonly measurements: Measurements;

  constructor(options: Partial<MeasurementOptions> = {}) {
    this.measurements = new Measurements(
      { number: 1, samples: 16, sensors: 3, schedule: { reading: HOUR }, ...options },
      () => this.now,
    );
  }

  history(query: Partial<RecordQuery> = {}): StoredRecord[] {
    return this.measurements.history('reading', { ...everything, ...query });
  }

  ids(): (number | null)[] {
    return this.history().map((record) => this.measurements.ids.idOf(record, 'history'));
  }

  take(serial = first): StoredRecord {
    const sensor = this.measurements.find(serial);
    if (!sensor) throw new Error(`no sensor ${serial}`);
    return this.measurements.measure('reading', sensor);
  }
}

function numbersOf(records: readonly StoredRecord[]): number[] {
  return records.map(({ number }) => number);
}

describe('the schedule', () => {
  it('goes on while nobody looks, and is the same in another process', () => {
    const bench = new Bench();
    const before = bench.history();
    bench.now += 5 * HOUR;
    const after = bench.history({ max: 15 });

    expect(before).toHaveLength(30 * 24 * 3);
    expect(numbersOf(after)).toEqual(Array.from({ length: 15 }, (_, age) => (before[0]?.number ?? 0) + 15 - age));
    expect(after.every(({ at }) => at > noon && at <= bench.now)).toBe(true);
    const another = new Bench();
    another.now = bench.now;
    expect(another.history({ max: 20 })).toEqual(bench.history({ max: 20 }));
  });

  it('counts scheduled and other measurements together, in order of time', () => {
    const bench = new Bench();
    const random = seededRandom(11);
    const taken: StoredRecord[] = [];
    for (let turn = 0; turn < 200; turn += 1) {
      bench.now += Math.floor(random() * HOUR);
      if (random() < 0.7) taken.push(bench.take(first + Math.floor(random() * 3)));
    }

    const history = bench.history();
    const newest = history[0]?.number ?? 0;
    expect(numbersOf(history)).toEqual(history.map((_, age) => newest - age));
    expect(history.every(({ at }, age) => at >= (history[age + 1]?.at ?? 0))).toBe(true);
    for (const record of taken) expect(history).toContainEqual(record);
  });

  it('keeps the numbers of short intervals small', () => {
    const bench = new Bench({ schedule: { reading: 40 } });

    expect(bench.history({ max: 1 })[0]?.number).toBeLessThan(2_000_000);
    expect(bench.history({ max: 100_000 })).toHaveLength(100_000);
  });

  it('changes, without touching what was measured before', () => {
    const bench = new Bench();
    const before = bench.history({ max: 5 });
    bench.measurements.setSchedule({ reading: HOUR / 60 });
    bench.now += HOUR / 2;
    bench.measurements.setSchedule({ reading: null });
    bench.now += DAY;

    expect(bench.history({ max: 95 }).slice(90)).toEqual(before);
  });

  it('tells when the next measurement is due, and which those were', () => {
    const { measurements } = new Bench({ schedule: { reading: HOUR, temp: HOUR } });
    const due = measurements.log.nextDue(noon);

    expect(due).toBeGreaterThan(noon);
    expect(measurements.log.scheduled(noon, (due ?? 0) - 1)).toEqual([]);
    expect(measurements.log.scheduled(noon, due ?? 0).map(({ kind }) => kind)).toEqual(['reading', 'temp']);
    expect(measurements.log.scheduled(noon, noon + HOUR)).toHaveLength(6);
    expect(new Bench({ schedule: {} }).measurements.log.nextDue(noon)).toBeNull();
  });
});

describe('what a gateway keeps', () => {
  it('is limited by count', () => {
    const bench = new Bench({ depth: { count: 10 } });
    const newest = bench.history()[0]?.number ?? 0;

    expect(bench.history()).toHaveLength(10);
    for (let turn = 0; turn < 15; turn += 1) bench.take();
    expect(numbersOf(bench.history())).toEqual(Array.from({ length: 10 }, (_, age) => newest + 15 - age));
  });

  it('has the oldest record that the ledger says, whatever limits it', () => {
    const random = seededRandom(5);
    for (const depth of [{}, { count: 40 }, { days: 1 }, { count: 50, days: 1 }, { count: 0 }]) {
      const bench = new Bench({ depth });
      for (let turn = 0; turn < 30; turn += 1) {
        bench.now += Math.floor(random() * HOUR);
        const { number } = bench.take(first + 1);
        if (turn % 10 === 0) bench.measurements.deleteRecords('reading', number - 45, number - 30);
      }
      const oldest = bench.history().at(-1)?.number ?? null;
      expect(bench.measurements.ledger({ limit: 1 }).oldest_held).toBe(oldest);
    }
  });

  it('is limited by age', () => {
    const bench = new Bench({ depth: { days: 2 } });

    expect(bench.history()).toHaveLength(2 * 24 * 3);
  });

  it('forgets old measurements without a schedule, and counts on', () => {
    const bench = new Bench({ schedule: {} });
    for (let turn = 0; turn < 300; turn += 1) bench.take();

    expect(numbersOf(bench.history())).toEqual(Array.from({ length: 100 }, (_, age) => 360 - age));
  });

  it('lacks deleted records', () => {
    const bench = new Bench({ schedule: {} });
    bench.measurements.deleteRecords('reading', 20, 29);

    expect(bench.ids()).toHaveLength(50);
    expect(bench.ids()).not.toContain(25);
  });
});

describe('the IDs of records', () => {
  it.each(idModes)('are the same whenever they are asked for: %s', (ids) => {
    const bench = new Bench({ ids, depth: { count: 30 } });
    bench.take();
    const before = new Map(
      bench.history().map((record) => [record.number, bench.measurements.ids.idOf(record, 'history')]),
    );
    bench.now += 3 * HOUR;
    bench.take(first + 1);

    for (const record of bench.history()) {
      const known = before.get(record.number);
      if (known !== undefined) expect(bench.measurements.ids.idOf(record, 'history')).toBe(known);
    }
  });

  it('count per sensor', () => {
    const bench = new Bench({ schedule: {}, ids: 'sensor' });
    for (let turn = 0; turn < 120; turn += 1) bench.take(first + 1);
    bench.now += 1;
    const { number } = bench.take(first + 2);
    const ids = bench.history().map((record) => [record.serial, bench.measurements.ids.idOf(record, 'history')]);

    expect(number).toBe(181);
    expect(ids.slice(0, 3)).toEqual([
      [first + 2, 21],
      [first + 1, 140],
      [first + 1, 139],
    ]);
  });

  it('differ between notification and history, are missing, or skip', () => {
    const idsOf = (ids: (typeof idModes)[number], channel: 'notification' | 'history') => {
      const bench = new Bench({ schedule: {}, ids });
      return [bench.take(), bench.take()].map((record) => bench.measurements.ids.idOf(record, channel));
    };

    expect(idsOf('disjoint', 'history')).toEqual([61, 62]);
    expect(idsOf('disjoint', 'notification')).toEqual([500_061, 500_062]);
    expect(idsOf('none', 'history')).toEqual([null, null]);
    const bench = new Bench({ schedule: {}, ids: 'skipping' });
    const steps = bench.ids().map((id, age, ids) => (id ?? 0) - (ids[age + 1] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(0);
    expect(new Set(steps).size).toBeGreaterThan(1);
  });

  it.each(['gateway', 'sensor'] as const)('begin at 1 again after a reset: %s', (ids) => {
    const bench = new Bench({ ids, depth: { count: 20 } });
    const before = bench.ids();
    bench.measurements.resetIds();
    const record = bench.take();

    expect(bench.measurements.ids.idOf(record, 'history')).toBe(1);
    expect(bench.ids().slice(1)).toEqual(before.slice(0, 19));
    bench.measurements.resetIds(true);
    expect(bench.ids()).toEqual([]);
  });
});

describe('the clock', () => {
  const timeOf = ({ measurements }: Bench, record: StoredRecord): string => measurements.timeOf(record, 'minute');

  it('writes local time across both changes of summer time', () => {
    const bench = new Bench({ clock: { zone: 'Europe/Berlin' } });
    const timeAt = (iso: string): string => {
      bench.now = Date.parse(iso);
      return timeOf(bench, bench.take());
    };

    expect(timeAt('2027-03-28T00:59:00Z')).toBe('2027-03-28 01:59');
    expect(timeAt('2027-03-28T01:00:00Z')).toBe('2027-03-28 03:00');
    expect(timeAt('2027-10-31T00:30:00Z')).toBe('2027-10-31 02:30');
    expect(timeAt('2027-10-31T01:30:00Z')).toBe('2027-10-31 02:30');
  });

  it('knows zones with odd offsets', () => {
    const bench = new Bench({ clock: { zone: 'Asia/Kathmandu' } });

    expect(timeOf(bench, bench.take())).toBe('2026-05-21 17:45');
    bench.measurements.setClock({ zone: 'America/St_Johns' });
    expect(timeOf(bench, bench.take())).toBe('2026-05-21 09:30');
  });

  it('jumps: later records have the new time, earlier ones keep theirs', () => {
    const bench = new Bench({ schedule: {} });
    const before = bench.take();
    bench.measurements.setClock({ offsetMs: -3 * DAY });
    const after = bench.take();

    expect(timeOf(bench, before)).toBe('2026-05-21 12:00');
    expect(timeOf(bench, after)).toBe('2026-05-18 12:00');
    expect(numbersOf(bench.history({ start: '2026-05-21' }))).not.toContain(after.number);
    expect(numbersOf(bench.history({ end: '2026-05-18' }))).toContain(after.number);
  });

  it.each([
    ['accurate', {}],
    ['in the zone that is farthest ahead', { zone: 'Pacific/Kiritimati' }],
    ['in the zone that is farthest behind', { zone: 'Pacific/Pago_Pago' }],
    ['a year ahead', { offsetMs: 365 * DAY }],
    ['a year behind', { offsetMs: -365 * DAY }],
  ])('that is %s finds the records of the days that it showed', (_, clock) => {
    const bench = new Bench({ clock });
    const dayOf = (record: StoredRecord) => timeOf(bench, record).slice(0, 10);
    const all = bench.history();
    const days = [...new Set(all.map(dayOf))];
    expect(days.length).toBeGreaterThan(28);
    for (const [end, start] of [days.slice(0, 2), days.slice(3, 5), days.slice(-2)]) {
      if (start === undefined || end === undefined) throw new Error('there are too few days');
      const expected = all.filter((record) => start <= dayOf(record) && dayOf(record) <= end);
      expect(numbersOf(bench.history({ start, end }))).toEqual(numbersOf(expected));
    }
  });

  it('writes days, minutes, seconds, or what nobody can read', () => {
    const bench = new Bench({ clock: { offsetMs: 7000 } });
    const times = (['day', 'minute', 'second', 'unreadable'] as const).map((format) => {
      bench.measurements.setClock({ format });
      return timeOf(bench, bench.take());
    });

    expect(times).toEqual(['2026-05-21', '2026-05-21 12:00', '2026-05-21 12:00:07', 'clock not set']);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => new Bench({ clock: { zone: 'Europe/Atlantis' } })).toThrow(RangeError);
  });
});

describe('sensors', () => {
  it('measure nothing out of reach, and go on when they are back', () => {
    const bench = new Bench();
    bench.measurements.connectSensor(first, false);
    bench.now += 10 * HOUR;
    const meanwhile = bench.history({ max: 20 });
    bench.measurements.connectSensor(first, true);
    bench.now += 10 * HOUR;

    expect(meanwhile.some(({ serial }) => serial === first)).toBe(false);
    expect(bench.history({ max: 30 }).filter(({ serial }) => serial === first)).toHaveLength(10);
  });

  it('keep the settings of each record when they change', () => {
    const bench = new Bench({ signals: { kind: 'watermark' } });
    const before = bench.take();
    bench.measurements.changeSensor(first, { samples: 64, signals: { kind: 'sine' } });
    const after = bench.take();

    const { X: marked = [] } = bench.measurements.samplesOf(before.number) ?? {};
    expect(readWatermark(marked)).toEqual({ serial: first, number: before.number, axis: 'X' });
    expect(bench.measurements.samplesOf(after.number)?.Z).toHaveLength(64);
    expect(bench.measurements.samplesOf(after.number + 1)).toBeNull();
  });

  it('appear and vanish, and leave their records', () => {
    const bench = new Bench();
    bench.measurements.addSensor(40_000_001, { samples: 8 });
    bench.now += 2 * HOUR;
    bench.measurements.removeSensor(40_000_001);
    bench.now += DAY;

    expect(bench.measurements.sensors).toHaveLength(3);
    expect(bench.history({ accepts: (serial) => serial === 40_000_001 })).toHaveLength(2);
    expect(() => bench.measurements.removeSensor(40_000_001)).toThrow(RangeError);
  });

  it('can lack an axis', () => {
    const bench = new Bench({ signals: { X: { kind: 'sine' }, Y: null, Z: null } });

    expect(Object.keys(bench.measurements.samplesOf(bench.take().number) ?? {})).toEqual(['X']);
  });
});

describe('the ledger', () => {
  it('tells what was generated, what is still there, and what was sent', () => {
    const bench = new Bench({ schedule: {}, depth: { count: 4 } });
    const [one, two, three, four] = [bench.take(), bench.take(), bench.take(), bench.take()];
    bench.measurements.noteSent('notification', [one, four]);
    bench.measurements.noteSent('history', [three, four]);
    bench.measurements.deleteRecords('reading', two.number, two.number);

    const ledger = bench.measurements.ledger({ limit: 5 });
    expect(JSON.parse(JSON.stringify(ledger))).toMatchObject({
      kind: 'reading',
      generated: 64,
      oldest_held: 61,
      notified: [
        [61, 61],
        [64, 64],
      ],
      returned: [[63, 64]],
      deleted: [[62, 62]],
      next_before: 60,
    });
    expect(ledger.records.map(({ number, held, deleted }) => [number, held, deleted])).toEqual([
      [64, true, false],
      [63, true, false],
      [62, false, true],
      [61, true, false],
      [60, false, false],
    ]);
  });

  it('has pages', () => {
    const { measurements } = new Bench();
    const since = noon - 10 * HOUR;
    const page = measurements.ledger({ since, limit: 20 });
    const next = measurements.ledger({ since, limit: 20, before: page.next_before ?? 0 });

    expect(page.records).toHaveLength(20);
    expect(next.records).toHaveLength(10);
    expect(next.next_before).toBeNull();
    expect(measurements.ledger({ since, serial: first }).records).toHaveLength(10);
  });
});
