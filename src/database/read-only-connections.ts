import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { DatabaseClient } from './database-client';
import { poolOf } from './pooled-data-source';

/**
 * Closes a connection when its server turns out to be read-only. After a failover the host name leads to another server, and new
 * connections reach it.
 */
export function dropReadOnlyConnections(dataSource: DataSource): void {
  const pool = poolOf(dataSource);
  pool.on('release', (_error, client: unknown) => {
    if (!(client instanceof DatabaseClient) || !client.isReadOnly) return;
    void client.end(); // The pool discards a connection that is ending.
    dropIdleConnections(dataSource);
  });
}

/** Closes the pool's idle connections. */
export function dropIdleConnections(dataSource: DataSource): void {
  const pool = poolOf(dataSource);
  const end = (client: PoolClient): void => client.release(true);
  for (let left = pool.idleCount; left > 0; left -= 1) void pool.connect().then(end, () => undefined);
}
