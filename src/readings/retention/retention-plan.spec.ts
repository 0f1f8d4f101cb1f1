import { monthsToDrop, nextToThin } from './retention-plan';
import type { MonthUsage, RetentionLimits, Usage } from './retention-plan';

const LIMITS: RetentionLimits = { readingsDays: 730, fullDays: 90, maxBytes: null };

const aMonth = (from: string, to: string, changes: Partial<MonthUsage> = {}): MonthUsage => ({
  ...{ from, to, isFull: true, hasReadings: true },
  ...changes,
});

const [MARCH, APRIL, MAY] = [
  aMonth('2026-03-01', '2026-04-01'),
  aMonth('2026-04-01', '2026-05-01'),
  aMonth('2026-05-01', '2026-06-01'),
] as const;

const aUsage = (months: readonly MonthUsage[], waveformBytes = 0): Usage => ({
  months,
  waveformBytes,
  thinnedBefore: null,
});

describe('which month is thinned next', () => {
  it('one whose last day is older than the full days, and not a day earlier', () => {
    expect(nextToThin(aUsage([MARCH, APRIL]), LIMITS, '2026-06-29')).toBeNull();
    expect(nextToThin(aUsage([MARCH, APRIL]), LIMITS, '2026-06-30')).toBe(MARCH);
  });

  it('none that is thinned already', () => {
    const thinned = aMonth('2026-03-01', '2026-04-01', { isFull: false });
    expect(nextToThin(aUsage([thinned, APRIL]), LIMITS, '2026-06-30')).toBeNull();
  });

  it('over the budget the oldest one, whatever its age', () => {
    const limits = { ...LIMITS, maxBytes: 1000 };
    expect(nextToThin(aUsage([APRIL, MAY], 1000), limits, '2026-05-10')).toBeNull();
    expect(nextToThin(aUsage([APRIL, MAY], 1001), limits, '2026-05-10')).toBe(APRIL);
    expect(nextToThin(aUsage([MAY], 1001), limits, '2026-05-10')).toBe(MAY);
  });

  it('never one that has not begun', () => {
    expect(nextToThin(aUsage([MAY], 1001), { ...LIMITS, maxBytes: 1000 }, '2026-04-30')).toBeNull();
  });
});

describe('which months are dropped', () => {
  it('those whose last day is older than readings are kept', () => {
    const [one, other] = [
      aMonth('2024-03-01', '2024-04-01', { isFull: false }),
      aMonth('2024-04-01', '2024-05-01', { isFull: false }),
    ];
    expect(monthsToDrop(aUsage([one, other]), LIMITS, '2026-04-01')).toEqual([one]);
    expect(monthsToDrop(aUsage([one, other]), LIMITS, '2026-03-31')).toEqual([]);
  });

  it('none that still has all its waveforms', () => {
    expect(monthsToDrop(aUsage([aMonth('2024-03-01', '2024-04-01')]), LIMITS, '2026-04-01')).toEqual([]);
  });
});
