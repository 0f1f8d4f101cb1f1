const TICKS_PER_INTERVAL = 60;
const SHORTEST_TICK_MS = 5;

export interface HeartbeatSettings {
  readonly intervalMs: number;
  /** How long after a ping a sign of life may take. */
  readonly timeoutMs: number;
}

/** Somebody whose life is watched. */
export interface Patient {
  ping(): void;
  /** Half of the time after a ping has passed without a sign of life. */
  onDoubt(): void;
  /** No sign of life in time. */
  onSilence(): void;
}

/** Ends the watch, or tells of a sign of life. */
export interface Watch {
  signOfLife(): void;
  stop(): void;
}

/**
 * Pings everybody once an interval, spread over it, with one timer for all of them.
 *
 * Patients stand in as many groups as the interval has ticks; each tick pings one group. Since every ping is allowed the same
 * time, those who owe an answer stand in the order of their deadlines, and a tick looks at the overdue ones only. The same
 * goes for those who are in doubt.
 */
export class Heartbeat {
  private readonly groups: Set<Patient>[];
  /** Until which tick they may answer. Counted in ticks, so that a service that stood still blames nobody for it. */
  private readonly owing = new Map<Patient, number>();
  /** From which tick on they are in doubt. */
  private readonly silent = new Map<Patient, number>();
  private readonly tickMs: number;
  private readonly ticksToAnswer: number;
  private now = 0;
  private timer: NodeJS.Timeout | undefined;
  private count = 0;
  private joined = 0;
  private next = 0;

  constructor(settings: HeartbeatSettings) {
    this.tickMs = Math.max(SHORTEST_TICK_MS, settings.intervalMs / TICKS_PER_INTERVAL);
    this.ticksToAnswer = Math.ceil(settings.timeoutMs / this.tickMs);
    const ticks = Math.max(1, Math.round(settings.intervalMs / this.tickMs));
    this.groups = Array.from({ length: ticks }, () => new Set());
  }

  watch(patient: Patient): Watch {
    // Taking the groups in turn spreads even a fleet that logs in within one tick.
    const group = this.groups[this.joined++ % this.groups.length];
    group?.add(patient);
    this.count += 1;
    this.timer ??= setInterval(() => this.tick(), this.tickMs);

    let watched = true;
    return {
      signOfLife: () => this.acquit(patient),
      stop: () => {
        if (!watched) return;
        watched = false;
        group?.delete(patient);
        this.acquit(patient);
        this.count -= 1;
        if (this.count === 0) this.rest();
      },
    };
  }

  private tick(): void {
    this.now += 1;
    for (const patient of this.takeDue(this.owing)) patient.onSilence();
    for (const patient of this.takeDue(this.silent)) patient.onDoubt();
    const group = this.groups[this.next];
    this.next = (this.next + 1) % this.groups.length;
    for (const patient of group ?? []) {
      if (!this.owing.has(patient)) {
        this.owing.set(patient, this.now + this.ticksToAnswer);
        this.silent.set(patient, this.now + Math.ceil(this.ticksToAnswer / 2));
      }
      patient.ping();
    }
  }

  private *takeDue(waiting: Map<Patient, number>): Iterable<Patient> {
    for (const [patient, tick] of waiting) {
      if (tick > this.now) return;
      waiting.delete(patient);
      yield patient;
    }
  }

  private acquit(patient: Patient): void {
    this.owing.delete(patient);
    this.silent.delete(patient);
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
