import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { Config } from '../../config/config';
import { ConnectionEventsRepository } from './connection-events.repository';

const DAY_MS = 86_400_000;
const ROWS_PER_SLICE = 5000;

/** Deletes what the history need not keep any longer: in slices, so that no statement is long. */
@Injectable()
export class EventRetention {
  private running: Promise<void> | null = null;
  private readonly keepMs: number;

  constructor(
    { env }: Config,
    private readonly events: ConnectionEventsRepository,
    @InjectPinoLogger(EventRetention.name) private readonly logger: PinoLogger,
  ) {
    this.keepMs = env.EVENT_RETENTION_DAYS * DAY_MS;
  }

  /**
   * One run at a time. Never rejects: what is left is for the next run.
   * @param mayGoOn asked before each slice
   */
  cleanUp(mayGoOn: () => boolean): Promise<void> {
    this.running ??= this.deleteOld(mayGoOn).finally(() => (this.running = null));
    return this.running;
  }

  private async deleteOld(mayGoOn: () => boolean): Promise<void> {
    const limit = new Date(Date.now() - this.keepMs);
    try {
      let deleted = ROWS_PER_SLICE;
      while (deleted === ROWS_PER_SLICE && mayGoOn()) {
        deleted = await this.events.deleteOlderThan(limit, ROWS_PER_SLICE);
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'old connection events cannot be deleted, trying again later');
    }
  }
}
