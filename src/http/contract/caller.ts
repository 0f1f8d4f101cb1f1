import type { FastifyRequest } from 'fastify';
import type { Actor, RequestOrigin } from '../../common/actor';
import { plainAddress } from '../../common/client-address';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request. Shared by all requests of a caller, so it has no `origin`. Set before the route's handler runs. */
    actor: Actor;
  }
}

/** What handlers read of a request: who sent it. As a reach, `actor` limits what they read. */
export type ApiRequest = FastifyRequest;

/** The actor of a request that changes something, with the origin that the audit log records. */
export function callerOf(request: ApiRequest): Actor {
  return { ...request.actor, origin: originOf(request) };
}

/** Where a request comes from. */
export function originOf({ id, raw, headers }: FastifyRequest): RequestOrigin {
  const { remoteAddress } = raw.socket;
  return {
    requestId: id,
    address: remoteAddress === undefined ? null : plainAddress(remoteAddress),
    userAgent: headers['user-agent']?.slice(0, 200) ?? null,
  };
}
