import { DatabaseError } from 'pg';
import type { Pool, QueryResult } from 'pg';
import { DataSource, QueryFailedError } from 'typeorm';
import type { QueryRunner } from 'typeorm';
import { StatementNames } from './statement-names';

/** The part of TypeORM's driver used here: the pool, which its types do not declare. */
interface DriverWithPool {
  readonly master: Pool;
}

/** SQLSTATE `feature_not_supported`: among others, that a migration has changed what a prepared statement returns. */
const NOT_SUPPORTED = '0A000';

/**
 * A data source that sends statements outside of a transaction straight to the pool; TypeORM would create a query runner for each. Those that
 * come again are prepared: PostgreSQL parses each once per connection.
 *
 * The driver is called with a callback: the values that its promises resolve to survive V8's frequent collections of young objects,
 * which made those collections take three times as long.
 */
export class PooledDataSource extends DataSource {
  private readonly names = new StatementNames();

  /** @throws QueryFailedError if the database refuses the statement; the driver's error if there is no connection */
  override async query<Result = unknown>(sql: string, values?: unknown[], runner?: QueryRunner): Promise<Result> {
    return runner ? super.query<Result>(sql, values, runner) : this.queryPool<Result>(sql, values);
  }

  private async queryPool<Result>(sql: string, values: unknown[] = []): Promise<Result> {
    const name = this.names.of(sql);
    const [error, result] = await this.send(sql, values, name);
    if (!error) return toRaw(result) as Result;
    if (name !== undefined && isOutdated(error)) return this.queryPool<Result>(sql, values);
    throw new QueryFailedError(sql, values, error);
  }

  private async send(text: string, values: unknown[], name?: string): Promise<[Error | null, QueryResult]> {
    const client = await poolOf(this).connect();
    return new Promise((resolve) => {
      client.query<never>({ text, values, ...(name !== undefined && { name }) }, (error: Error | null, result) => {
        client.release(error ? isFatal(error) || isOutdated(error) : false);
        resolve([error, result]);
      });
    });
  }
}

/** Whether a statement was refused as one that the connection has prepared before a migration. A new connection has not. */
function isOutdated(error: Error): boolean {
  return error instanceof DatabaseError && error.code === NOT_SUPPORTED && error.routine === 'RevalidateCachedQuery';
}

/** Whether the connection has ended with the error. In the pool, it would fail the next statement too. */
function isFatal(error: Error): boolean {
  return !(error instanceof DatabaseError && error.severity === 'ERROR');
}

export function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as DriverWithPool).master;
}

/** The shape of TypeORM's results: the rows, with their number for an UPDATE or a DELETE. */
function toRaw({ command, rows, rowCount }: QueryResult): unknown {
  return command === 'UPDATE' || command === 'DELETE' ? [rows, rowCount] : rows;
}
