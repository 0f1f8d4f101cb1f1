import type { Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { DatabaseClient } from './database-client';

/** The part of TypeORM's driver that is used: the pool, which it does not declare. */
interface DriverWithPool {
  readonly master: Pool;
}

/**
 * Sees to it that a connection to a server that has become read-only is not used again: when a name or an address now leads to
 * another server, as after a failover, the next connection gets there.
 */
export function dropReadOnlyConnections(dataSource: DataSource): void {
  const pool = poolOf(dataSource);
  pool.on('release', (_error, client: unknown) => {
    if (!(client instanceof DatabaseClient) || !client.isReadOnly) return;
    void client.end(); // The pool takes back no connection that is ending.
    dropIdleConnections(dataSource);
  });
}

/** Ends the connections that nobody uses at the moment. */
export function dropIdleConnections(dataSource: DataSource): void {
  const pool = poolOf(dataSource);
  const end = (client: PoolClient): void => client.release(true);
  for (let left = pool.idleCount; left > 0; left -= 1) void pool.connect().then(end, () => undefined);
}

function poolOf({ driver }: DataSource): Pool {
  return (driver as unknown as DriverWithPool).master;
}
