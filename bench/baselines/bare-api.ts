import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Pool } from 'pg';
import { logRequests } from './log-requests';
import { addResourceRoutes } from './resource-routes';
import { factories, gatewaysSealedWith, organizations } from './resources';
import { addStatusRoutes } from './status-routes';

const POOL_SIZE = 10; // Same as the product.

export interface BareApiOptions {
  readonly databaseUrl: string;
  /** Base64 of 32 bytes. */
  readonly key: string;
}

/** The REST API in Fastify, `pg` and plain SQL, with one log line for each request, and nothing else. */
export async function createBareApi({ databaseUrl, key }: BareApiOptions): Promise<FastifyInstance> {
  const pool = new Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  pool.on('error', () => undefined); // An idle connection fails when the server stops.
  const server = fastify();
  logRequests(server);
  addResourceRoutes(server, pool, organizations);
  addResourceRoutes(server, pool, factories);
  addResourceRoutes(server, pool, gatewaysSealedWith(Buffer.from(key, 'base64')));
  await addStatusRoutes(server, pool);
  return server;
}
