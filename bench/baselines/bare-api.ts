import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Pool } from 'pg';
import { pino, stdTimeFunctions } from 'pino';
import { CredentialCipher } from '../../src/crypto/credential-cipher';
import { addGatewayRoutes } from './gateway-routes';
import { addStatusRoutes } from './status-routes';

const POOL_SIZE = 10; // As the product's.

export interface BareApiOptions {
  readonly databaseUrl: string;
  /** Base64 of 32 bytes. */
  readonly key: string;
}

/** The REST API as Fastify, `pg` and Pino give it, with a line in the log for each request, and with nothing around them. */
export async function createBareApi({ databaseUrl, key }: BareApiOptions): Promise<FastifyInstance> {
  const pool = new Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  pool.on('error', () => undefined); // An idle connection that the end of the server ends.
  const server = fastify();
  logRequests(server);
  addGatewayRoutes(server, pool, new CredentialCipher(Buffer.from(key, 'base64')));
  await addStatusRoutes(server, pool);
  return server;
}

function logRequests(server: FastifyInstance): void {
  const logger = pino({ timestamp: stdTimeFunctions.isoTime });
  server.addHook('onResponse', ({ id: requestId, method, url, raw }, { statusCode: status, elapsedTime }, done) => {
    const durationMs = Math.round(elapsedTime * 10) / 10;
    logger.info(
      { requestId, method, path: url.split('?', 1)[0], status, durationMs, remoteAddress: raw.socket.remoteAddress },
      'request',
    );
    done();
  });
}
