import type { FastifyRequest } from 'fastify';
import type { Actor, RequestOrigin } from '../../common/actor';
import { clientOf, plainAddress } from '../../common/client-address';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request. Shared by all requests of a caller, so it has no `origin`. Set before the route's handler runs. */
    actor: Actor;
    /**
     * The IP address of the caller, as a trusted proxy states it; otherwise that of the connection. Undefined if that was closed already. Read
     * once, when the request arrives: a closed connection has none.
     */
    address: string | undefined;
    /** When the session of the cookie ends, in milliseconds since 1970. Infinity if the caller did not show one. */
    sessionEndsAt: number;
  }
}

/** What handlers read of a request: who sent it. As a reach, `actor` limits what they read. */
export type ApiRequest = FastifyRequest;

/** The actor of a request that changes something, with the origin that the audit log records. */
export function callerOf(request: ApiRequest): Actor {
  return { ...request.actor, origin: originOf(request) };
}

/** Where a request comes from. */
export function originOf(request: FastifyRequest): RequestOrigin {
  const { id, headers, address } = request;
  return {
    requestId: id,
    address: address === undefined ? null : plainAddress(address),
    userAgent: headers['user-agent']?.slice(0, 200) ?? null,
  };
}

/** What the limits of a caller are counted by: its key, or its address if it has none. */
export function countedAs(request: FastifyRequest): string {
  return request.actor.kind === 'key' ? request.actor.id : clientOf(request.address);
}
