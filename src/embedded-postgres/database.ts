import type { Client } from 'pg';
import { parseDatabaseUrl } from '../config/database-url';
import { DatabaseClient } from '../database/database-client';
import type { Cluster } from './cluster-options';
import { hasCode } from './error-code';

/** The only user of a cluster. */
export const USER = 'gateway_hub';

const CONNECT_TIMEOUT_MS = 2000;
const DUPLICATE_DATABASE = '42P04';
const UNIQUE_VIOLATION = '23505';

/** Exists in every cluster. */
const MAINTENANCE_DATABASE = 'postgres';

/** The URL of a database of the cluster, for a server on this port. */
export function databaseUrl({ password }: Cluster, port: number, database = MAINTENANCE_DATABASE): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** @throws Error if no connection can be made within 2 seconds, or the query fails. */
export async function ping(url: string): Promise<void> {
  await withClient(url, (client) => client.query('SELECT 1'));
}

/** Creates a database unless it exists. Other processes may do the same concurrently. */
export async function ensureDatabase(url: string, database: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount) return;
    try {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
    } catch (error) {
      if (!hasCode(error, DUPLICATE_DATABASE, UNIQUE_VIOLATION)) throw error;
    }
  });
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new DatabaseClient({ address: parseDatabaseUrl(url), connectTimeoutMs: CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
