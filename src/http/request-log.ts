import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';
import { plainLogger } from '../common/plain-logger';

const USABLE_REQUEST_ID = /^[\w.:-]{1,64}$/;
const MAX_LOGGED_PATH = 200; // No route is as long; what is too long for one is refused, and need not fill the log.

/** The caller's own id of a request, when it is fit for a log, so that one can be followed through several services. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && USABLE_REQUEST_ID.test(given) ? given : randomUUID();
}

/**
 * One line for each request, and its id in the answer. The query is left out: it is the caller's data.
 * Written when the response closes, which it does once, also when the caller hangs up before the answer.
 */
export function logRequests(server: FastifyInstance, root: PinoLogger): void {
  const logger = plainLogger(root);
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    const { remoteAddress } = request.raw.socket; // Read now: a closed connection has none.
    reply.raw.once('close', () => {
      const { id: requestId, method } = request;
      const durationMs = Math.round(reply.elapsedTime * 10) / 10;
      const path = pathOf(request.originalUrl);
      const line = { requestId, method, path, status: reply.statusCode, durationMs, remoteAddress };
      logger.info(reply.raw.writableFinished ? line : { ...line, isCut: true }, 'request');
    });
    done();
  });
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return url.slice(0, Math.min(query < 0 ? url.length : query, MAX_LOGGED_PATH));
}
