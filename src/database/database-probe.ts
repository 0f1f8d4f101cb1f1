import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { DataSource } from 'typeorm';

const FRESH_MS = 1000;

/** Whether the database answers. However many ask, it is asked once a second at the most. */
@Injectable()
export class DatabaseProbe {
  private answer: Promise<boolean> | null = null;
  private askedAt = 0;

  constructor(
    private readonly dataSource: DataSource,
    @InjectPinoLogger(DatabaseProbe.name) private readonly logger: PinoLogger,
  ) {}

  isUp(): Promise<boolean> {
    const now = performance.now();
    if (!this.answer || now - this.askedAt > FRESH_MS) {
      this.askedAt = now;
      this.answer = this.ask();
    }
    return this.answer;
  }

  private async ask(): Promise<boolean> {
    try {
      await this.dataSource.query('SELECT 1');
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, 'the database does not answer');
      return false;
    }
  }
}
