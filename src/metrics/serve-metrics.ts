import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { challenge } from '../http/edge/authentication';
import { errorEnvelope } from '../http/contract/error.dto';
import type { MetricsAccess } from './metrics-access';
import type { MetricsPage } from './metrics-page';

const unauthenticated = errorEnvelope(
  401,
  'UNAUTHENTICATED',
  'The metrics need METRICS_TOKEN, or an API key of the whole installation: Authorization: Bearer …',
);

/** Serves the metrics at `/metrics`. The route is no operation of the API, and has a guard of its own. */
export function serveMetrics(server: FastifyInstance, page: MetricsPage, access: MetricsAccess): void {
  server.get('/metrics', {
    config: { hasOwnGuard: true },
    onRequest: (request, reply, done) => guard(access, request, reply, done),
    handler: async (_request, reply) => {
      reply.type(page.contentType);
      return page.text();
    },
  });
}

function guard(
  access: MetricsAccess,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const { authorization } = request.headers;
  try {
    const actor = access.check(authorization, request.address);
    if (actor === undefined) {
      reply.header('www-authenticate', challenge(authorization));
      return void reply.status(401).send(unauthenticated);
    }
    if (actor) request.actor = actor;
  } catch (error) {
    return done(error as Error);
  }
  done();
}
