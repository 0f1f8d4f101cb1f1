import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { atMost } from '../common/at-most';
import { Config } from '../config/config';
import { advisoryLock } from '../database/advisory-locks';
import { DatabaseClient } from '../database/database-client';
import { STATEMENT_TIMEOUT_MS } from './protocol/timing';
import { LOCK_EXPIRES_MS } from './session-lock';
import { TRY_SHARED_LOCK } from './session-lock.sql';

const CLOSE_MS = 1000;

/** A service that runs alone has the sessions of this database. */
export class SoleServiceRunsError extends Error {
  override readonly name = 'SoleServiceRunsError';

  constructor() {
    super('a service that runs alone has the sessions of this database');
  }
}

/**
 * The connection of the ownership protocol, of its own, so that no request can delay a look. It holds the session lock in shared mode: replicas
 * exclude a service that runs alone, and each other not. It is opened when it is needed, and again after it was lost, which costs no shard.
 */
@Injectable()
export class OwnershipConnection {
  private opened: Promise<DatabaseClient> | null = null;
  /** When the statement before is done: the driver takes one at a time. Never rejects. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly config: Config) {}

  /**
   * Rejects when the database does not answer in time; the statement may still take effect.
   * @throws SoleServiceRunsError
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- It names the columns, as in the driver.
  async query<Row extends object>(sql: string, parameters: unknown[] = []): Promise<{ rows: Row[]; count: number }> {
    const client = await this.open();
    const asked = this.turn.then(() => client.query<Row>(sql, parameters));
    this.turn = asked.catch(() => undefined);
    try {
      const { rows, rowCount } = await asked;
      return { rows, count: rowCount ?? 0 };
    } catch (error) {
      // Without an answer, the statements behind it would wait for theirs as well.
      if (!(error instanceof DatabaseError)) this.abandon(client);
      throw error;
    }
  }

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = null;
    const client = await opened?.catch(() => null);
    if (client)
      await atMost(
        CLOSE_MS,
        client.end().catch(() => undefined),
      );
  }

  private abandon(client: DatabaseClient): void {
    this.opened = null;
    void client.end().catch(() => undefined);
  }

  private open(): Promise<DatabaseClient> {
    if (this.opened) return this.opened;
    const opened = this.connect(() => {
      if (this.opened === opened) this.opened = null;
    });
    this.opened = opened;
    return opened;
  }

  private async connect(onEnd: () => void): Promise<DatabaseClient> {
    const client = new DatabaseClient({
      address: this.config.databaseAddress,
      applicationName: 'gateway-hub ownership',
      connectTimeoutMs: Math.min(this.config.env.DATABASE_CONNECT_TIMEOUT_MS, STATEMENT_TIMEOUT_MS),
      queryTimeoutMs: STATEMENT_TIMEOUT_MS,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      idleTimeoutMs: LOCK_EXPIRES_MS,
    });
    client.on('end', onEnd);
    try {
      await client.connect();
      const { rows } = await client.query<{ locked: boolean }>(TRY_SHARED_LOCK, advisoryLock('sessions'));
      if (rows[0]?.locked) return client;
      throw new SoleServiceRunsError();
    } catch (error) {
      onEnd();
      void client.end().catch(() => undefined);
      throw error;
    }
  }
}
