/** Days of the week, as `Date` numbers them. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When a schedule may order, in the local time of its factory. */
export interface Window {
  /** The days on which it begins; null: every day. */
  readonly days: readonly Weekday[] | null;
  /** `HH:MM`. It belongs to the window. */
  readonly from: string;
  /** `HH:MM`, up to `24:00`. It does not belong to the window. If it is not after `from`, the window ends on the next day. */
  readonly to: string;
}

/** What a clock on the wall shows. */
export interface WallTime {
  /** 0 is Sunday. */
  readonly weekday: number;
  /** Since midnight, by the clock: on a day with a change of the offset, not the time that has passed. */
  readonly minutes: number;
}

/** Minutes since midnight of `HH:MM`. */
export function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

/** Whether a time lies in one of the windows. Without windows, every time does. */
export function isOpen(windows: readonly Window[], { weekday, minutes }: WallTime): boolean {
  if (windows.length === 0) return true;
  return windows.some(({ days, from, to }) => {
    const beginsOn = (day: number) => days === null || days.includes(WEEKDAYS[(day + 7) % 7] ?? 'sun');
    const [start, end] = [minutesOf(from), minutesOf(to)];
    if (start < end) return beginsOn(weekday) && minutes >= start && minutes < end;
    return (beginsOn(weekday) && minutes >= start) || (beginsOn(weekday - 1) && minutes < end);
  });
}
