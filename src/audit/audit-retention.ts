import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { Config } from '../config/config';
import { AuditRepository } from './audit.repository';

/** A run deletes no more days than this, so that a clock that is wrong for a moment cannot empty the log. */
const MAX_DAYS_A_RUN = 7;

/** Deletes expired days of the audit log. */
@Injectable()
export class AuditRetention {
  private readonly keepDays: number;

  constructor(
    { env }: Config,
    private readonly records: AuditRepository,
    @InjectPinoLogger(AuditRetention.name) private readonly logger: PinoLogger,
  ) {
    this.keepDays = env.AUDIT_RETENTION_DAYS;
  }

  /** Never rejects. Days that are left are deleted by the next runs. */
  async cleanUp(): Promise<void> {
    try {
      for (let days = 0; days < MAX_DAYS_A_RUN; days += 1) {
        const expired = await this.records.expireDay(this.keepDays);
        if (expired === 0) return;
        this.logger.info({ expired, keepDays: this.keepDays }, 'a day of the audit log has expired');
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'the audit log cannot be cleaned up, trying again in a day');
    }
  }
}
