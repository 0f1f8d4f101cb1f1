import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';

const USABLE_REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The caller's own id of a request, when it is fit for a log, so that one can be followed through several services. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && USABLE_REQUEST_ID.test(given) ? given : randomUUID();
}

/** One line for each request, and its id in the answer. The query is left out: it is the caller's data. */
export function logRequests(server: FastifyInstance, logger: PinoLogger): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { id: requestId, method, url } = request;
    const durationMs = Math.round(reply.elapsedTime * 10) / 10;
    logger.info({ requestId, method, path: url.split('?', 1)[0], status: reply.statusCode, durationMs }, 'request');
    done();
  });
}
