import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { Config } from '../config/config';
import { Readiness } from '../status/readiness';
import { ExpiredAcquisitionsRepository } from './expired-acquisitions.repository';

/** A run deletes no more days than this, so that a clock that is wrong for a moment cannot delete all orders. */
const MAX_DAYS_A_RUN = 7;
/** So that no statement runs long. */
const ROWS_PER_SLICE = 1000;

/** Deletes acquisitions that ended long ago, by the clock of the database. */
@Injectable()
export class AcquisitionRetention {
  private readonly keepDays: number;

  constructor(
    { env }: Config,
    private readonly acquisitions: ExpiredAcquisitionsRepository,
    private readonly readiness: Readiness,
    @InjectPinoLogger(AcquisitionRetention.name) private readonly logger: PinoLogger,
  ) {
    this.keepDays = env.ACQUISITION_RETENTION_DAYS;
  }

  /** Never rejects. What is left is deleted by the next runs. */
  async cleanUp(): Promise<void> {
    try {
      const oldest = await this.acquisitions.findOldestAgeDays();
      const keepDays = Math.max(this.keepDays, (oldest ?? 0) - MAX_DAYS_A_RUN);
      let [deleted, inSlice] = [0, ROWS_PER_SLICE];
      while (inSlice >= ROWS_PER_SLICE && this.readiness.isReady) {
        inSlice = await this.acquisitions.deleteOlderThan(keepDays, ROWS_PER_SLICE);
        deleted += inSlice;
      }
      if (deleted > 0) this.logger.info({ deleted, keepDays: this.keepDays }, 'old acquisitions are deleted');
    } catch (error) {
      this.logger.warn({ err: error }, 'old acquisitions cannot be deleted, trying again in a day');
    }
  }
}
