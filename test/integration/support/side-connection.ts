import { Client } from 'pg';
import type { QueryResultRow } from 'pg';
import type { TestDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';

/** A second user of the database: a connection on which a test holds transactions open. */
export class SideConnection {
  private constructor(private readonly client: Client) {}

  static async open({ url }: Pick<TestDatabase, 'url'>): Promise<SideConnection> {
    const client = new Client({ connectionString: url, application_name: 'test' });
    client.on('error', () => undefined); // Some tests end connections on purpose.
    await client.connect();
    return new SideConnection(client);
  }

  async query<Row extends QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(sql, [...parameters])).rows;
  }

  /** Begins a transaction with a statement, and leaves it open. */
  async hold(sql: string, parameters: readonly unknown[] = []): Promise<void> {
    await this.query('BEGIN');
    await this.query(sql, parameters);
  }

  async commit(): Promise<void> {
    await this.query('COMMIT');
  }

  async rollback(): Promise<void> {
    await this.query('ROLLBACK');
  }

  /** Waits until exactly `number` connections of the database are blocked by a lock. */
  async untilWaiting(number: number): Promise<void> {
    await eventually(async () => {
      const waiting = await this.query<{ query: string }>(
        `SELECT query FROM pg_stat_activity
         WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`,
      );
      if (waiting.length !== number) throw new Error(`${waiting.length} and not ${number} wait for a lock`);
    });
  }

  /** Waits until no other client uses the database. */
  async untilAlone(): Promise<void> {
    await eventually(async () => {
      const others = await this.query(
        `SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
      if (others.length > 0) throw new Error(`${others.length} others use the database`);
    });
  }

  async deadlocks(): Promise<number> {
    const [row] = await this.query<{ deadlocks: number }>(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    return row?.deadlocks ?? NaN;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

/** The value of a promise, or the error it rejects with. Handles the rejection, so that a test can do other things first. */
export function outcomeOf<Value>(promise: Promise<Value>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}
