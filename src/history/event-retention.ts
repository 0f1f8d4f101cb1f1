import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { Config } from '../config/config';
import { ClockObserver } from './clock-observer';
import { ConnectionEventsRepository } from './connection-events.repository';
import type { ExpiredEvents } from './connection-events.repository';

const TRIAL_MS = 86_400_000;
const ROWS_PER_SLICE = 5000;

/**
 * Deletes expired events: in slices, so that no statement runs long, and by the database's clock.
 *
 * A clock that is wrong for a moment must not delete the history. If most of it would go at once, or if the clock was changed,
 * nothing is deleted until the clock has run steadily for a day: by then it is right, or the operator accepts it. The history of a
 * fleet that was off for longer than the retention is cleaned up a day after the start.
 */
@Injectable()
export class EventRetention {
  private running: Promise<void> | null = null;
  private readonly clock = new ClockObserver();
  private readonly keepDays: number;
  private isHoldingBack = false;

  constructor(
    { env }: Config,
    private readonly events: ConnectionEventsRepository,
    @InjectPinoLogger(EventRetention.name) private readonly logger: PinoLogger,
  ) {
    this.keepDays = env.EVENT_RETENTION_DAYS;
  }

  /**
   * One run at a time. Never rejects; what is left is deleted by the next run.
   * @param mayGoOn called before each slice; false ends the run
   */
  cleanUp(mayGoOn: () => boolean): Promise<void> {
    this.running ??= this.deleteOld(mayGoOn).finally(() => (this.running = null));
    return this.running;
  }

  private async deleteOld(mayGoOn: () => boolean): Promise<void> {
    try {
      const expired = await this.events.findExpired(this.keepDays);
      if (this.mustHoldBack(expired)) return;
      let deleted = ROWS_PER_SLICE;
      while (deleted === ROWS_PER_SLICE && mayGoOn()) {
        deleted = await this.events.deleteOlderThan(expired.expiry, ROWS_PER_SLICE);
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'old connection events cannot be deleted, trying again later');
    }
  }

  private mustHoldBack({ now, expiry, rows, areMost }: ExpiredEvents): boolean {
    const isTried = this.clock.look(now) >= TRIAL_MS;
    const mustHoldBack = !isTried && rows > 0 && (areMost || this.clock.hasJumped);
    if (mustHoldBack && !this.isHoldingBack) {
      this.logger.warn({ rows, expiry }, 'old connection events are kept for a day, in case the clock is wrong');
    }
    this.isHoldingBack = mustHoldBack;
    return mustHoldBack;
  }
}
