import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { DataSource, QueryFailedError } from 'typeorm';
import { dropIdleConnections } from './read-only-connections';

const FRESH_MS = 1000;

/** PostgreSQL's error code for a full disk. */
const DISK_FULL = '53100';

/**
 * Checks whether writes are allowed, and makes the server spill about 100 kB of a result to a temporary file next to the tables. On a
 * full disk this fails as a write would; unlike a write, it works on a standby and leaves nothing behind.
 */
const PROBE_QUERY = `SELECT current_setting('transaction_read_only') AS read_only, count(*)::int AS spilled
  FROM generate_series(1, 8000 + 0 * length(set_config('work_mem', '64kB', true) || set_config('temp_tablespaces', '', true)))`;

/** `read_only`: a standby, or a server, database or role that refuses writes by default. */
export type DatabaseState = 'up' | 'read_only' | 'disk_full' | 'down';

const NOT_UP: Record<Exclude<DatabaseState, 'up'>, string> = {
  read_only: 'the database refuses writes: it is a standby, or read-only by default',
  disk_full: 'the database cannot write: its disk is full',
  down: 'the database does not answer',
};

/** Whether the database answers and accepts writes. Queries it at most once a second, regardless of the number of callers. */
@Injectable()
export class DatabaseProbe {
  private answer: Promise<DatabaseState> | null = null;
  private askedAt = 0;
  private known: DatabaseState | null = null;

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

  /** What the latest check has found; null before the first one. Asks nothing. */
  get latest(): DatabaseState | null {
    return this.known;
  }

  /** Whether a write is worth trying. */
  async canWrite(): Promise<boolean> {
    return (await this.state()) === 'up';
  }

  private async ask(): Promise<DatabaseState> {
    const [state, error] = await this.find();
    this.known = state;
    if (state !== 'up') this.logger.warn({ state, ...(error !== null && { err: error }) }, NOT_UP[state]);
    return state;
  }

  private async find(): Promise<[DatabaseState, unknown]> {
    try {
      const rows = await this.dataSource.query<{ read_only: 'on' | 'off' }[]>(PROBE_QUERY);
      if (rows[0]?.read_only === 'off') return ['up', null];
      dropIdleConnections(this.dataSource); // The name may by now resolve to another server, which accepts writes.
      return ['read_only', null];
    } catch (error) {
      const isFull = error instanceof QueryFailedError && (error.driverError as { code?: string }).code === DISK_FULL;
      return [isFull ? 'disk_full' : 'down', error];
    }
  }
}
