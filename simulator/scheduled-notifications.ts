import type { Outgoing } from './model/gateway-model';
import type { Measurements } from './model/measurements';
import type { StoredRecord } from './model/records';

/** The longest that a timer can wait. */
const MAX_WAIT_MS = 2 ** 31 - 1;

interface Announcer {
  readonly measurements: Measurements;
  notificationOf(record: StoredRecord): Outgoing;
  announce(notification: Outgoing): void;
}

/** Announces scheduled measurements while somebody is subscribed. Has no timer otherwise, nor without a schedule. */
export class ScheduledNotifications {
  private timer: NodeJS.Timeout | null = null;
  private announcedUntil = 0;

  constructor(private readonly announcer: Announcer) {}

  /** Begins with what is measured from now on. Does nothing if it has begun. */
  start(): void {
    if (this.timer) return;
    this.announcedUntil = this.announcer.measurements.now();
    this.wait();
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Waits for the next measurement of a changed schedule, if it has begun. */
  scheduleChanged(isHeard: boolean): void {
    if (this.timer) {
      this.stop();
      this.wait();
    } else if (isHeard) {
      this.start();
    }
  }

  private wait(): void {
    const { measurements } = this.announcer;
    const due = measurements.nextDue(this.announcedUntil);
    if (due === null) return;
    const waitMs = Math.min(MAX_WAIT_MS, Math.max(0, due - measurements.now()));
    this.timer = setTimeout(() => this.announceDue(), waitMs);
  }

  private announceDue(): void {
    const { measurements } = this.announcer;
    const now = measurements.now();
    for (const record of measurements.log.scheduled(this.announcedUntil, now)) {
      this.announcer.announce(this.announcer.notificationOf(record));
    }
    this.announcedUntil = now;
    this.timer = null;
    this.wait();
  }
}
