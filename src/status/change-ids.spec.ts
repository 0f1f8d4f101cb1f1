import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import fc from 'fast-check';
import { ChangeIds } from './change-ids';

const NOW = new Date('2026-02-09T10:00:00Z').getTime();
const YEAR_MS = 365 * 86_400_000;

useFakeTimersInTests({ now: NOW });

const timeIn = (id = ''): number => parseInt(id.replace('-', '').slice(0, 12), 16);
const take = (ids: ChangeIds, number: number): string[] => Array.from({ length: number }, () => ids.next());

describe('ChangeIds', () => {
  it('are UUIDs of version 7 with the time of the clock', () => {
    const id = new ChangeIds().next();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(timeIn(id)).toBe(NOW);
  });

  it('always increase, whatever the clock does and whichever process made them', () => {
    const step = fc.oneof(fc.nat(10), fc.integer({ min: -YEAR_MS, max: YEAR_MS }));
    fc.assert(
      fc.property(fc.array(fc.record({ step, isAnotherService: fc.boolean() })), (turns) => {
        jest.setSystemTime(NOW);
        let ids = new ChangeIds();
        const made = take(ids, 3);
        for (const { step, isAnotherService } of turns) {
          jest.setSystemTime(Date.now() + step);
          if (isAnotherService) ids = new ChangeIds();
          if (isAnotherService) ids.continueAfter(made.at(-1) ?? null);
          made.push(...take(ids, 2));
        }
        expect(made).toEqual([...new Set(made)].sort());
      }),
    );
  });

  it('each have their own random end', () => {
    const ends = take(new ChangeIds(), 1000).map((id) => id.slice(-10));
    expect(new Set(ends).size).toBe(1000);
  });

  it('have the time of the clock again when it has caught up', () => {
    const ids = new ChangeIds();
    ids.continueAfter('fffffff0-0000-4000-8000-000000000000'); // Not a version with a timestamp.
    ids.continueAfter(null);
    expect(timeIn(ids.next())).toBe(NOW);

    const ahead = new ChangeIds();
    jest.setSystemTime(NOW + YEAR_MS);
    ids.continueAfter(ahead.next());
    jest.setSystemTime(NOW);
    expect(timeIn(ids.next())).toBe(NOW + YEAR_MS + 1);
    jest.setSystemTime(NOW + YEAR_MS + 2);
    expect(timeIn(ids.next())).toBe(NOW + YEAR_MS + 2);
  });

  it('ignore an id that is not greater than the last one', () => {
    const ids = new ChangeIds();
    const [first, second] = take(ids, 2);
    ids.continueAfter(first ?? null);
    ids.continueAfter(second ?? null);
    expect(timeIn(ids.next())).toBe(NOW);
  });
});
