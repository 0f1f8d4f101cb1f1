import type { ReadingKind } from '../readings/reading';
import { spreadOf } from './spread';
import type { Window } from './window';
import type { ZoneClock } from './zone-clock';

/** What a schedule covers. The most specific one that covers a sensor decides: a less specific one is not looked at. */
export type Level = 'factory' | 'gateway' | 'sensor';
const SPECIFICITY: Readonly<Record<Level, number>> = { factory: 0, gateway: 1, sensor: 2 };

/** A schedule, as far as it decides when to order. Times are in milliseconds. */
export interface Rule {
  readonly id: string;
  readonly level: Level;
  readonly maxAgeMs: number;
  readonly windows: readonly Window[];
  readonly dailyBudget: number;
}

/** An earlier order to a sensor, of the same kind. Instants are in milliseconds since the epoch. */
export interface PastOrder {
  readonly createdAt: number;
  /** Null if the command was not sent. */
  readonly sentAt: number | null;
  /** Null while it is open. */
  readonly endedAt: number | null;
  readonly isCompleted: boolean;
}

/** What is known of a sensor and a kind of reading. */
export interface SensorFacts {
  readonly sensorId: string;
  readonly gatewayId: string;
  readonly kind: ReadingKind;
  /** When the latest reading was measured, whoever ordered it; null if there is none. */
  readonly measuredAt: number | null;
  /** Those since the start of the local day, and further back all that the back-off counts; the oldest first. */
  readonly orders: readonly PastOrder[];
}

/** When to order a sensor to measure. */
export interface DueTime {
  /** The first instant, not before `now`, at which an order may be placed. Infinity: none, or as long as one is open. */
  readonly at: number;
  /** How long the reading has been due at that instant, as a part of its greatest age. Infinity if there is no reading. */
  readonly urgency: number;
  /** The id of the schedule that orders. */
  readonly scheduleId: string;
}

/**
 * An order is placed when the latest reading has this part of its greatest age. Which one is set by the hash of the sensor, so that sensors
 * that measure at the same time are not all ordered at the same time; the rest is left for carrying it out.
 */
export const EARLIEST_PART = 0.85;
export const LATEST_PART = 0.95;

/** A time further ahead is the mistake of a clock, and says nothing about the age. */
export const CLOCK_TOLERANCE_MS = 900_000;

const FIRST_BACK_OFF_MS = 300_000;
const LONGEST_BACK_OFF_MS = 4 * 3_600_000;

/**
 * When a sensor is to be ordered to measure. Pure.
 * @param rules all enabled schedules of this kind that cover the sensor
 * @param clock of its factory
 * @returns null if no rule covers it
 */
export function dueTimeOf(facts: SensorFacts, rules: readonly Rule[], clock: ZoneClock, now: number): DueTime | null {
  let due: DueTime | null = null;
  for (const rule of mostSpecific(rules)) {
    const next = dueByRule(facts, rule, clock, now);
    if (!due || next.at < due.at || (next.at === due.at && next.urgency > due.urgency)) due = next;
  }
  return due;
}

function mostSpecific(rules: readonly Rule[]): readonly Rule[] {
  const best = Math.max(...rules.map(({ level }) => SPECIFICITY[level]));
  return rules.filter(({ level }) => SPECIFICITY[level] === best);
}

function dueByRule(facts: SensorFacts, rule: Rule, clock: ZoneClock, now: number): DueTime {
  const freshUntil = freshUntilOf(facts, rule, now);
  const from = Math.max(now, freshUntil, backOffUntil(facts));
  const isOrdered = facts.orders.some(({ endedAt }) => endedAt === null);
  const at = isOrdered ? Infinity : nextAllowed(facts.orders, rule, clock, from);
  return { at, urgency: Math.max(0, at - freshUntil) / rule.maxAgeMs, scheduleId: rule.id };
}

/** When the latest reading, or order that led to one, has the age at which the next order is placed. -Infinity if there is none. */
function freshUntilOf({ sensorId, measuredAt, orders }: SensorFacts, { maxAgeMs }: Rule, now: number): number {
  const measured = measuredAt === null || measuredAt > now + CLOCK_TOLERANCE_MS ? -Infinity : Math.min(measuredAt, now);
  // A gateway whose clock is slow writes a time that is old at once: an order that has led to a reading counts by our clock.
  const completed = orders.filter(({ isCompleted }) => isCompleted).map(({ endedAt }) => endedAt ?? -Infinity);
  const part = EARLIEST_PART + (LATEST_PART - EARLIEST_PART) * spreadOf(sensorId);
  return Math.max(measured, ...completed) + part * maxAgeMs;
}

/** How long orders wait after some in a row have led to no reading: longer after each. */
function backOffUntil({ orders, measuredAt }: SensorFacts): number {
  let failures = 0;
  for (const { isCompleted, createdAt } of [...orders].reverse()) {
    if (isCompleted || (measuredAt !== null && measuredAt > createdAt)) break;
    failures += 1;
  }
  const last = orders.at(-1)?.endedAt;
  if (failures === 0 || last === undefined || last === null) return -Infinity;
  return last + Math.min(FIRST_BACK_OFF_MS * 2 ** (failures - 1), LONGEST_BACK_OFF_MS);
}

/** The first instant from `from` on that lies in a window, on a day whose budget is not spent. */
function nextAllowed(orders: readonly PastOrder[], rule: Rule, clock: ZoneClock, from: number): number {
  if (rule.dailyBudget === 0) return Infinity;
  const at = clock.nextOpen(rule.windows, from);
  if (at === Infinity) return at;
  const { start, end } = clock.dayOf(at);
  const spent = orders.filter(({ sentAt }) => sentAt !== null && sentAt >= start && sentAt < end).length;
  if (spent < rule.dailyBudget) return at;
  // Nothing was sent on a day that has not begun.
  return clock.nextOpen(rule.windows, end);
}
