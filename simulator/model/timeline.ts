import type { RecordKind, StoredRecord } from './records';
import type { SensorSettings } from './sensors';

/** A sensor that measures at a fixed interval for some time. All times are epoch milliseconds. */
export interface Plan {
  readonly serial: number;
  readonly settings: SensorSettings;
  readonly everyMs: number;
  /** Any time at which it measures. The others are multiples of the interval away, before or after. */
  readonly phase: number;
  /** It measures after this time, ... */
  readonly after: number;
  /** ... and until this one, inclusive. Infinity: still. */
  until: number;
}

/** A measurement that belongs to no plan. */
interface Unplanned {
  readonly number: number;
  readonly serial: number;
  readonly at: number;
  readonly settings: SensorSettings;
}

/**
 * All measurements of one kind at one gateway, in order of time. Planned ones are computed when they are read, so that years of them
 * take no memory, and are there although nobody was connected and even this process was not running.
 */
export class Timeline {
  private readonly plans: Plan[] = [];
  private readonly unplanned: Unplanned[] = [];
  private forgotten = 0;
  private forgottenAt = -Infinity;
  private readonly forgottenOf = new Map<number, number>();

  constructor(private readonly kind: RecordKind) {}

  begin(plan: Plan): void {
    this.plans.push(plan);
  }

  /** Ends the plans of this sensor. Later times keep what is already measured. */
  end(serial: number, at: number): void {
    for (const plan of this.plans) {
      if (plan.serial === serial && plan.until > at) plan.until = at;
    }
  }

  /** Adds a measurement of now. Of these, only the newest `kept` are remembered. */
  add(serial: number, settings: SensorSettings, now: number, kept: number): StoredRecord {
    const at = Math.max(now, this.unplanned.at(-1)?.at ?? now);
    const added = { number: this.count(at) + 1, serial, at, settings };
    this.unplanned.push(added);
    while (this.unplanned.length > kept) this.forget();
    return { kind: this.kind, scheduled: false, ...added };
  }

  /** How many there were at this time, which is not in the past. */
  count(now: number): number {
    return this.plans.reduce((sum, plan) => sum + timesOf(plan, now), this.forgotten + this.unplanned.length);
  }

  /** How many records are older than this time, or forgotten with one that is not remembered. */
  countBefore(time: number): number {
    const later = this.unplanned.findIndex(({ at }) => at >= time);
    const others = later < 0 ? this.unplanned.length : later;
    const last = Math.max(time - 1, this.forgottenAt);
    return this.plans.reduce((sum, plan) => sum + timesOf(plan, last), this.forgotten + others);
  }

  /** The place of a record among those of its sensor, from 1. */
  placeOf({ serial, number, at }: StoredRecord): number {
    return this.placesOf(serial, at, number);
  }

  /** How many records this sensor had at this time, which is not in the past. */
  countOf(serial: number, now: number): number {
    return this.placesOf(serial, now, Infinity);
  }

  /** Everything up to `now`, newest first, as far back as unplanned measurements are remembered. */
  *newestFirst(now: number): Generator<StoredRecord, void> {
    const next = this.plans.map((plan) => lastOf(plan, now));
    let rest = this.unplanned.length - 1;
    for (let number = this.count(now); number > 0; number -= 1) {
      const index = newestOf(next);
      const plan = this.plans[index];
      const at = next[index] ?? -Infinity;
      const one = this.unplanned[rest];
      if (one && one.at >= at) {
        rest -= 1;
        yield { kind: this.kind, scheduled: false, ...one };
      } else if (plan && at > this.forgottenAt) {
        next[index] = at - plan.everyMs > plan.after ? at - plan.everyMs : -Infinity;
        yield { kind: this.kind, number, serial: plan.serial, at, scheduled: true, settings: plan.settings };
      } else {
        return;
      }
    }
  }

  /** When the next planned measurement after this time is due. Null if none is. */
  nextDue(after: number): number | null {
    const due = this.plans.flatMap((plan) => {
      const at = plan.phase + (indexAt(plan, Math.max(after, plan.after)) + 1) * plan.everyMs;
      return at <= plan.until ? [at] : [];
    });
    return due.length > 0 ? Math.min(...due) : null;
  }

  private placesOf(serial: number, at: number, number: number): number {
    const planned = this.plans.filter((plan) => plan.serial === serial);
    const others = this.unplanned.filter((one) => one.serial === serial && one.number <= number);
    return planned.reduce((sum, plan) => sum + timesOf(plan, at), (this.forgottenOf.get(serial) ?? 0) + others.length);
  }

  private forget(): void {
    const oldest = this.unplanned.shift();
    if (!oldest) return;
    this.forgotten += 1;
    this.forgottenAt = oldest.at;
    this.forgottenOf.set(oldest.serial, (this.forgottenOf.get(oldest.serial) ?? 0) + 1);
  }
}

/** Which of the plan's times is the last one up to `at`. */
function indexAt({ phase, everyMs }: Plan, at: number): number {
  return Math.floor((at - phase) / everyMs);
}

function timesOf(plan: Plan, now: number): number {
  return Math.max(0, indexAt(plan, Math.min(now, plan.until)) - indexAt(plan, plan.after));
}

function lastOf(plan: Plan, now: number): number {
  const at = plan.phase + indexAt(plan, Math.min(now, plan.until)) * plan.everyMs;
  return at > plan.after ? at : -Infinity;
}

/** Of plans that measure at the same time, the later one counts as newer. */
function newestOf(times: readonly number[]): number {
  let newest = times.length - 1;
  for (let index = newest; index >= 0; index -= 1) {
    if ((times[index] ?? -Infinity) > (times[newest] ?? -Infinity)) newest = index;
  }
  return newest;
}
