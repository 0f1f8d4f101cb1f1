/** What readings and waveforms of a month take, as far as the retention needs it. */
export interface MonthUsage {
  /** The first day, `yyyy-mm-dd`. */
  readonly from: string;
  /** The day behind the last one, `yyyy-mm-dd`. */
  readonly to: string;
  /** Whether there is a partition of waveforms that is not thinned. */
  readonly isFull: boolean;
  /** Whether there are readings, or kept waveforms. */
  readonly hasReadings: boolean;
}

/** What the tables take, and how far they are thinned. */
export interface Usage {
  /** Oldest first. Without days before 2000 and from 2100 on: their clocks are wrong, so their days say nothing about their age. */
  readonly months: readonly MonthUsage[];
  /** Of all waveforms, with indexes. */
  readonly waveformBytes: number;
  /** All waveforms of this day and later are stored, `yyyy-mm-dd`; null if none were thinned. */
  readonly thinnedBefore: string | null;
}

export interface RetentionLimits {
  readonly readingsDays: number;
  readonly fullDays: number;
  /** Null: no budget. */
  readonly maxBytes: number | null;
}

const DAY_MS = 86_400_000;

export function isOverBudget({ waveformBytes }: Usage, { maxBytes }: RetentionLimits): boolean {
  return maxBytes !== null && waveformBytes > maxBytes;
}

/**
 * The next month whose waveforms are to be thinned: the oldest one that is wholly older than the full days, or, over the budget, the oldest
 * one that has begun. Null if there is none.
 * @param today `yyyy-mm-dd`, in UTC
 */
export function nextToThin(usage: Usage, limits: RetentionLimits, today: string): MonthUsage | null {
  const [oldest] = usage.months.filter(({ isFull }) => isFull);
  if (!oldest) return null;
  const isDue = oldest.to <= daysBefore(today, limits.fullDays);
  return isDue || (isOverBudget(usage, limits) && oldest.from <= today) ? oldest : null;
}

/** The months whose readings may be dropped, oldest first: those that are wholly older than readings are kept, and thinned. */
export function monthsToDrop({ months }: Usage, { readingsDays }: RetentionLimits, today: string): MonthUsage[] {
  const before = daysBefore(today, readingsDays);
  return months.filter(({ to, isFull, hasReadings }) => to <= before && hasReadings && !isFull);
}

/** The date some days before another. @param day `yyyy-mm-dd` */
export function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
}
