import { DatabaseError } from 'pg';
import type { Pool, QueryResult } from 'pg';
import { DataSource, QueryFailedError } from 'typeorm';
import type { QueryRunner } from 'typeorm';

/** The part of TypeORM's driver used here: the pool, which its types do not declare. */
interface DriverWithPool {
  readonly master: Pool;
}

/**
 * A data source that sends statements outside of a transaction straight to the pool; TypeORM would create a query runner for each.
 * The driver is called with a callback: the values that its promises resolve to survive V8's frequent collections of young objects,
 * which made those collections take three times as long.
 */
export class PooledDataSource extends DataSource {
  /** @throws QueryFailedError if the database refuses the statement; the driver's error if there is no connection */
  override async query<Result = unknown>(sql: string, values?: unknown[], runner?: QueryRunner): Promise<Result> {
    return runner ? super.query<Result>(sql, values, runner) : this.queryPool<Result>(sql, values);
  }

  private async queryPool<Result>(sql: string, values: unknown[] = []): Promise<Result> {
    const client = await poolOf(this).connect();
    return new Promise<Result>((resolve, reject) => {
      client.query<never>(sql, values, (error: Error | null, result) => {
        client.release(error ? isFatal(error) : false);
        if (error) reject(new QueryFailedError(sql, values, error));
        else resolve(toRaw(result) as Result);
      });
    });
  }
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
