import { dueTimeOf } from './freshness';
import type { PastOrder, Rule } from './freshness';
import { planOrders } from './order-plan';
import type { Candidate, PlanLimits } from './order-plan';
import { ZoneClock } from './zone-clock';

const RECENT_MS = 27 * 3_600_000;

/** A time during which a gateway is not connected. */
export interface Absence {
  readonly from: number;
  readonly to: number;
}

export interface SimulatedSensor {
  readonly id: string;
  readonly gatewayId: string;
  readonly zone: string;
  readonly rules: readonly Rule[];
  /** Readings that it takes by itself; null: none. */
  readonly own: { readonly everyMs: number; readonly phaseMs: number } | null;
  /** What becomes of its n-th order, counted from 0. `unsent`: it expires. */
  readonly outcome: (order: number) => 'completed' | 'failed' | 'unsent';
}

/** A command that went to a gateway, or would have gone. */
export interface PlacedOrder {
  readonly sensor: SimulatedSensor;
  readonly at: number;
  /** Null if it was not sent. */
  readonly sentAt: number | null;
  /** Of the latest reading that the service had; Infinity if there was none. */
  readonly ageMs: number;
}

interface State {
  measuredAt: number | null;
  readonly orders: PastOrder[];
  placed: number;
  /** Until then the sensor is not due: what it measures meanwhile can only make that later. */
  dueAt: number;
}

export interface PlantOptions extends PlanLimits {
  readonly start: number;
  readonly absences: ReadonlyMap<string, readonly Absence[]>;
  /** From the order to the command, and from there to the reading. */
  readonly sendMs: number;
  readonly takeMs: number;
}

/**
 * Sensors and gateways as the runner of schedules meets them, in simulated time, which leaps from one event to the next. Readings that are
 * taken during an absence are known when it is over.
 */
export class SimulatedPlant {
  readonly placed: PlacedOrder[] = [];
  /** By sensor: the greatest age that the known readings ever had while its gateway was connected. */
  readonly oldest = new Map<string, number>();
  now: number;
  private readonly states: ReadonlyMap<string, State>;
  private readonly clocks = new Map<string, ZoneClock>();

  constructor(
    private readonly sensors: readonly SimulatedSensor[],
    private readonly options: PlantOptions,
  ) {
    this.now = options.start;
    this.states = new Map(sensors.map(({ id }) => [id, { measuredAt: null, orders: [], placed: 0, dueAt: -Infinity }]));
  }

  /** Looks again and again, as the runner does. */
  runUntil(end: number): void {
    while (this.now < end) this.now = Math.max(this.look(), this.now + 1);
  }

  stateOf({ id }: SimulatedSensor): State {
    const state = this.states.get(id);
    if (!state) throw new Error(`there is no sensor ${id}`);
    return state;
  }

  /** @returns when anything can happen again */
  private look(): number {
    const { now } = this;
    const candidates: Candidate[] = [];
    let next = Infinity;
    for (const sensor of this.sensors) {
      const back = this.absenceOf(sensor)?.to;
      if (back !== undefined) {
        next = Math.min(next, back);
        continue;
      }
      const state = this.stateOf(sensor);
      if (state.dueAt <= now) candidates.push(...this.candidateOf(sensor, state));
      next = Math.min(next, state.dueAt);
    }
    const plan = planOrders(candidates, (gatewayId) => this.isFree(gatewayId), this.options, now);
    for (const { sensorId } of plan.orders) this.place(sensorId);
    // Looks at which nothing is due change nothing, so they are left out.
    return plan.orders.length > 0 || next <= now ? plan.lookAgainAt : Math.max(next, now + this.options.intervalMs);
  }

  /** Empty if no schedule covers the sensor. */
  private candidateOf(sensor: SimulatedSensor, state: State): Candidate[] {
    this.measure(sensor);
    const { id, gatewayId } = sensor;
    const { measuredAt } = state;
    const orders = state.orders
      .filter(({ createdAt }) => createdAt > this.now - RECENT_MS)
      .map((order) => this.asKnown(order));
    const facts = { sensorId: id, gatewayId, kind: 'vibration' as const, measuredAt, orders };
    const due = dueTimeOf(facts, sensor.rules, this.clockOf(sensor), this.now);
    const openUntil = orders.some(({ endedAt }) => endedAt === null) ? state.orders.at(-1)?.endedAt : undefined;
    state.dueAt = openUntil ?? due?.at ?? Infinity;
    return due ? [{ sensorId: id, gatewayId, kind: 'vibration', due }] : [];
  }

  private place(sensorId: string): void {
    const sensor = this.sensors.find(({ id }) => id === sensorId);
    if (!sensor) return;
    const state = this.stateOf(sensor);
    const outcome = sensor.outcome(state.placed);
    state.placed += 1;
    const sentAt = outcome === 'unsent' ? null : this.now + this.options.sendMs;
    const endedAt = (sentAt ?? this.now) + this.options.takeMs;
    const ageMs = state.measuredAt === null ? Infinity : this.now - state.measuredAt;
    // A year has more than can be looked through each time.
    while ((state.orders[0]?.createdAt ?? this.now) < this.now - RECENT_MS) state.orders.shift();
    state.orders.push({ createdAt: this.now, sentAt, endedAt, isCompleted: outcome === 'completed' });
    this.placed.push({ sensor, at: this.now, sentAt, ageMs });
  }

  /** Takes note of what was measured until now. */
  private measure(sensor: SimulatedSensor): void {
    const { own } = sensor;
    const state = this.stateOf(sensor);
    const { now } = this;
    const times = state.orders
      .filter((order) => order.isCompleted && (order.endedAt ?? now) <= now)
      .map(({ endedAt }) => endedAt);
    const latest = [
      state.measuredAt,
      times.at(-1) ?? null,
      own && now - ((((now - own.phaseMs) % own.everyMs) + own.everyMs) % own.everyMs),
    ];
    const measuredAt = Math.max(...latest.map((time) => time ?? -Infinity));
    if (state.measuredAt !== null) {
      // The last look may be long ago, and own readings may have come in between: the age is no more than this.
      const before = Math.min(now - state.measuredAt, own ? own.everyMs : Infinity);
      this.oldest.set(sensor.id, Math.max(this.oldest.get(sensor.id) ?? 0, before));
    }
    state.measuredAt = measuredAt === -Infinity ? null : measuredAt;
  }

  private asKnown(order: PastOrder): PastOrder {
    const { now } = this;
    const isOpen = order.endedAt !== null && order.endedAt > now;
    const isSent = order.sentAt !== null && order.sentAt <= now;
    return { ...order, sentAt: isSent ? order.sentAt : null, ...(isOpen && { endedAt: null, isCompleted: false }) };
  }

  private isFree(gatewayId: string): boolean {
    const mine = this.sensors.filter((sensor) => sensor.gatewayId === gatewayId);
    return !mine.some((sensor) =>
      this.stateOf(sensor)
        .orders.slice(-1)
        .some(({ endedAt }) => (endedAt ?? 0) > this.now),
    );
  }

  private absenceOf({ gatewayId }: SimulatedSensor): Absence | undefined {
    return this.options.absences.get(gatewayId)?.find(({ from, to }) => this.now >= from && this.now < to);
  }

  private clockOf({ zone }: SimulatedSensor): ZoneClock {
    const clock = this.clocks.get(zone) ?? new ZoneClock(zone);
    this.clocks.set(zone, clock);
    return clock;
  }
}

/** What a calendar and a clock of a zone show, read in another way than the code does: `2026-03-29 Sun 03:00`. */
export function readWall(zone: string): (at: number) => { date: string; weekday: string; time: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, dateStyle: undefined, year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  return (at) => {
    const [, weekday = '', date = '', time = ''] = /^(\w+), (\S+), (\S+)$/.exec(format.format(at)) ?? [];
    return { date, weekday: weekday.toLowerCase(), time };
  };
}

/** The most items within any span of this length. @param times ascending */
export function mostWithin(times: readonly number[], spanMs: number): number {
  let first = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? 0) >= spanMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
