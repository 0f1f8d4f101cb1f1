import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { DataSource, QueryFailedError } from 'typeorm';
import { dropIdleConnections } from './read-only-connections';

const FRESH_MS = 1000;

/** Of PostgreSQL: the disk is full. */
const DISK_FULL = '53100';

/**
 * Asks whether a write would be allowed, and lets the server put some 100 kB of a result into a file beside the tables for a
 * moment: on a full disk that fails as a write does, and unlike a write it works on a standby and leaves nothing behind.
 */
const QUESTION = `SELECT current_setting('transaction_read_only') AS read_only, count(*)::int AS spilled
  FROM generate_series(1, 8000 + 0 * length(set_config('work_mem', '64kB', true) || set_config('temp_tablespaces', '', true)))`;

/** What the database can do. `read_only` is a standby, or a server, database or role that refuses writes by default. */
export type DatabaseState = 'up' | 'read_only' | 'disk_full' | 'down';

const NOT_UP: Record<Exclude<DatabaseState, 'up'>, string> = {
  read_only: 'the database refuses to write: it is a standby, or read-only by default',
  disk_full: 'the database cannot write: its disk is full',
  down: 'the database does not answer',
};

/** Whether the database answers, and can write. However many ask, it is asked once a second at the most. */
@Injectable()
export class DatabaseProbe {
  private answer: Promise<DatabaseState> | null = null;
  private askedAt = 0;

  constructor(
    private readonly dataSource: DataSource,
    @InjectPinoLogger(DatabaseProbe.name) private readonly logger: PinoLogger,
  ) {}

  state(): Promise<DatabaseState> {
    const now = performance.now();
    if (!this.answer || now - this.askedAt > FRESH_MS) {
      this.askedAt = now;
      this.answer = this.ask();
    }
    return this.answer;
  }

  /** Whether it is worth while to try a write. */
  async canWrite(): Promise<boolean> {
    return (await this.state()) === 'up';
  }

  private async ask(): Promise<DatabaseState> {
    const [state, error] = await this.find();
    if (state !== 'up') this.logger.warn({ state, ...(error !== null && { err: error }) }, NOT_UP[state]);
    return state;
  }

  private async find(): Promise<[DatabaseState, unknown]> {
    try {
      const rows = await this.dataSource.query<{ read_only: 'on' | 'off' }[]>(QUESTION);
      if (rows[0]?.read_only === 'off') return ['up', null];
      dropIdleConnections(this.dataSource); // The name may lead to another server by now, which can write.
      return ['read_only', null];
    } catch (error) {
      const isFull = error instanceof QueryFailedError && (error.driverError as { code?: string }).code === DISK_FULL;
      return [isFull ? 'disk_full' : 'down', error];
    }
  }
}
