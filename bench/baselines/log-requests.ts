import type { FastifyInstance } from 'fastify';
import { pino, stdTimeFunctions } from 'pino';

/** Writes one line for each request. */
export function logRequests(server: FastifyInstance): void {
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
