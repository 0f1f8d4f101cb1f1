import type { FastifyInstance } from 'fastify';
import { ANONYMOUS } from '../../common/actor';
import type { Actor } from '../../common/actor';

/** Sets the actor of every request. */
export function authenticateRequests(server: FastifyInstance): void {
  server.decorateRequest('actor', null as unknown as Actor); // Fastify allows no shared object here.
  server.addHook('onRequest', (request, _reply, done) => {
    request.actor = ANONYMOUS;
    done();
  });
}
