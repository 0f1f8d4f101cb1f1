import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../common/actor';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request. Shared by all requests of a caller, so it has no `origin`. Set before the route's handler runs. */
    actor: Actor;
  }
}

/** What handlers read of a request: who sent it. As a reach, `actor` limits what they read. */
export type ApiRequest = FastifyRequest;

/** The actor of a request that changes something, with the origin that the audit log records. */
export function callerOf({ actor, id, raw, headers }: ApiRequest): Actor {
  const origin = {
    requestId: id,
    address: raw.socket.remoteAddress ?? null,
    userAgent: headers['user-agent']?.slice(0, 200) ?? null,
  };
  return { ...actor, origin };
}
