import { eventually } from '../../test/support/eventually';
import { ApiClient, bodyOf } from '../../test/support/api-client';
import type { Bench } from '../bench';
import type { BenchDatabase } from './bench-database';
import { BenchProcess } from './bench-process';

const READY_MS = 60_000;

/** Lets the product dial every gateway at once. */
export const UNPACED = { CONNECT_RATE_PER_SECOND: '1000000000' };

/** Starts the service as in production: default settings, except for the network of the gateways and `variables`. */
export function startProduct(
  { dir, cleanUp, productOptions }: Bench,
  database: BenchDatabase,
  variables: Readonly<Record<string, string>> = {},
): BenchProcess {
  const settings = {
    NODE_ENV: 'production',
    AUTH: 'off',
    HOST: '127.0.0.1',
    GATEWAY_NETWORKS: '127.0.0.0/8',
    PORT: '0',
    DATABASE_URL: database.url,
    ENCRYPTION_KEY: database.key.toString('base64'),
    RATE_LIMIT_FACTOR: '0', // One client sends more requests a minute than a caller may.
    ...variables,
  };
  return cleanUp.keep(new BenchProcess('src/main.js', { dir, variables: settings, options: productOptions }));
}

/**
 * Waits until the product is ready, which is when it holds the sessions, and returns its API.
 * @param headers of every request
 */
export async function apiOf(product: BenchProcess, headers: Readonly<Record<string, string>> = {}): Promise<ApiClient> {
  const api = new ApiClient(await product.listens(), headers);
  await eventually(() => bodyOf(api.get('/api/health/ready')), READY_MS);
  return api;
}
