const TICKS_PER_INTERVAL = 60;
const SHORTEST_TICK_MS = 5;

/** How many time-outs a busy gateway may be silent. */
const BUSY_TIMEOUTS = 6;

export interface HeartbeatSettings {
  readonly intervalMs: number;
  /** Time limit for a sign of life after a ping; for a busy gateway, six times as long. */
  readonly timeoutMs: number;
}

/** A monitored connection. */
export interface Monitored {
  /** Number of bytes received so far. */
  readonly bytesReceived: number;
  /** Whether the gateway may be too busy to answer a ping. */
  readonly isBusy: boolean;
  /** Whether more bytes have arrived since, or the service itself has paused reading. */
  hasReceivedSince(bytes: number): boolean;
  ping(): void;
  /** Half of the time-out has passed without a sign of life. */
  onDoubt(): void;
  /** Only bytes arrived in time, as during a large message. */
  onBytes(): void;
  /** No sign of life in time. */
  onSilence(): void;
}

/** Monitors one connection until it is stopped. */
export class Watch {
  /** Whether no sign of life has followed the last ping. */
  isAwaitingReply = false;
  /** Bytes received before the ping. */
  bytesBefore = 0;
  /** How many time-outs have passed since the ping. */
  timeouts = 0;

  constructor(
    readonly connection: Monitored,
    private readonly heartbeat: Heartbeat,
    /** The connections that are pinged at the same tick. */
    readonly group: Set<Watch>,
  ) {
    group.add(this);
  }

  /** Called for every message. Does nothing unless a reply is awaited. */
  signOfLife(): void {
    if (this.isAwaitingReply) this.heartbeat.clear(this);
  }

  /** Safe to call more than once. */
  stop(): void {
    this.signOfLife();
    if (this.group.delete(this)) this.heartbeat.left();
  }
}

/**
 * Pings every connection once per interval, spread evenly over it, with one timer for all.
 *
 * There is one group of connections for each tick of the interval, and each tick pings one group. Every ping has the same time-out, so
 * the maps below are in the order of their deadlines, and a tick looks only at the entries that are due.
 */
export class Heartbeat {
  private readonly groups: Set<Watch>[];
  /** The tick of each deadline. Counted in ticks, so that a suspended service does not mistake its own pause for silence. */
  private readonly awaiting = new Map<Watch, number>();
  /** The tick at which half of the time-out has passed. */
  private readonly doubtful = new Map<Watch, number>();
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

  watch(connection: Monitored): Watch {
    // Round-robin, so that even a fleet that logs in within one tick is spread.
    const group = this.groups[this.joined++ % this.groups.length] ?? new Set();
    this.count += 1;
    this.timer ??= setInterval(() => this.tick(), this.tickMs);
    return new Watch(connection, this, group);
  }

  /** For `Watch`: a sign of life arrived. */
  clear(watch: Watch): void {
    watch.isAwaitingReply = false;
    this.awaiting.delete(watch);
    this.doubtful.delete(watch);
  }

  /** For `Watch`: the connection is gone. */
  left(): void {
    this.count -= 1;
    if (this.count === 0) this.rest();
  }

  private tick(): void {
    this.now += 1;
    for (const watch of this.takeDue(this.awaiting)) this.onTimeout(watch);
    for (const { connection, bytesBefore } of this.takeDue(this.doubtful)) {
      if (connection.hasReceivedSince(bytesBefore)) connection.onBytes();
      else connection.onDoubt();
    }
    const group = this.groups[this.next];
    this.next = (this.next + 1) % this.groups.length;
    for (const watch of group ?? []) {
      if (!watch.isAwaitingReply) this.expectReply(watch);
      watch.connection.ping();
    }
  }

  private onTimeout(watch: Watch): void {
    const { connection, bytesBefore } = watch;
    watch.timeouts += 1;
    const hasReceived = connection.hasReceivedSince(bytesBefore);
    if (!hasReceived && connection.isBusy && watch.timeouts < BUSY_TIMEOUTS) {
      this.awaiting.set(watch, this.now + this.ticksToAnswer);
      return;
    }
    this.clear(watch);
    if (hasReceived) connection.onBytes();
    else connection.onSilence();
  }

  private expectReply(watch: Watch): void {
    watch.isAwaitingReply = true;
    watch.timeouts = 0;
    watch.bytesBefore = watch.connection.bytesReceived;
    this.awaiting.set(watch, this.now + this.ticksToAnswer);
    this.doubtful.set(watch, this.now + Math.ceil(this.ticksToAnswer / 2));
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
