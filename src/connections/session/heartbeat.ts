const TICKS_PER_INTERVAL = 60;
const SHORTEST_TICK_MS = 5;

export interface HeartbeatSettings {
  readonly intervalMs: number;
  /** How long after a ping a sign of life may take. */
  readonly timeoutMs: number;
}

/** Somebody whose life is watched. */
export interface Patient {
  /** Number of bytes received so far. */
  readonly bytesReceived: number;
  /** Whether more bytes have arrived since, or the service itself has paused reading. */
  hasReceivedSince(bytes: number): boolean;
  ping(): void;
  /** Half of the time after a ping has passed without a sign of life. */
  onDoubt(): void;
  /** Only bytes arrived in time, as during a large message. */
  onBytes(): void;
  /** No sign of life in time. */
  onSilence(): void;
}

/** The watch over one patient: tells of a sign of life, or is ended. */
export class Watch {
  /** Whether there was a ping without a sign of life after it. */
  isOwing = false;
  /** Bytes received before the ping. */
  bytesBefore = 0;

  constructor(
    readonly patient: Patient,
    private readonly heartbeat: Heartbeat,
    /** Those who are pinged at the same tick. */
    readonly group: Set<Watch>,
  ) {
    group.add(this);
  }

  /** Comes with every message, and seldom has anything to do. */
  signOfLife(): void {
    if (this.isOwing) this.heartbeat.acquit(this);
  }

  /** Safe to call again. */
  stop(): void {
    this.signOfLife();
    if (this.group.delete(this)) this.heartbeat.left();
  }
}

/**
 * Pings everybody once an interval, spread over it, with one timer for all of them.
 *
 * Patients stand in as many groups as the interval has ticks; each tick pings one group. Since every ping is allowed the same
 * time, those who owe an answer stand in the order of their deadlines, and a tick looks at the overdue ones only. The same
 * goes for those who are in doubt.
 */
export class Heartbeat {
  private readonly groups: Set<Watch>[];
  /** Until which tick they may answer. Counted in ticks, so that a service that stood still blames nobody for it. */
  private readonly owing = new Map<Watch, number>();
  /** From which tick on they are in doubt. */
  private readonly silent = new Map<Watch, number>();
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
    const group = this.groups[this.joined++ % this.groups.length] ?? new Set();
    this.count += 1;
    this.timer ??= setInterval(() => this.tick(), this.tickMs);
    return new Watch(patient, this, group);
  }

  /** For the watch: its patient owes nothing any more. */
  acquit(watch: Watch): void {
    watch.isOwing = false;
    this.owing.delete(watch);
    this.silent.delete(watch);
  }

  /** For the watch: its patient is gone. */
  left(): void {
    this.count -= 1;
    if (this.count === 0) this.rest();
  }

  private tick(): void {
    this.now += 1;
    for (const watch of this.takeDue(this.owing)) {
      this.acquit(watch);
      if (watch.patient.hasReceivedSince(watch.bytesBefore)) watch.patient.onBytes();
      else watch.patient.onSilence();
    }
    for (const { patient, bytesBefore } of this.takeDue(this.silent)) {
      if (patient.hasReceivedSince(bytesBefore)) patient.onBytes();
      else patient.onDoubt();
    }
    const group = this.groups[this.next];
    this.next = (this.next + 1) % this.groups.length;
    for (const watch of group ?? []) {
      if (!watch.isOwing) this.charge(watch);
      watch.patient.ping();
    }
  }

  private charge(watch: Watch): void {
    watch.isOwing = true;
    watch.bytesBefore = watch.patient.bytesReceived;
    this.owing.set(watch, this.now + this.ticksToAnswer);
    this.silent.set(watch, this.now + Math.ceil(this.ticksToAnswer / 2));
  }

  private *takeDue(waiting: Map<Watch, number>): Iterable<Watch> {
    for (const [watch, tick] of waiting) {
      if (tick > this.now) return;
      waiting.delete(watch);
      yield watch;
    }
  }

  private rest(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
