import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';
import type { Actor, RequestOrigin } from '../../common/actor';
import { clientOf, plainAddress } from '../../common/client-address';

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
export function originOf(request: FastifyRequest): RequestOrigin {
  const { id, headers } = request;
  const address = addressOf(request);
  return {
    requestId: id,
    address: address === undefined ? null : plainAddress(address),
    userAgent: headers['user-agent']?.slice(0, 200) ?? null,
  };
}

/** The IP address of the caller, as a trusted proxy states it; otherwise that of the connection. Undefined if that is closed already. */
export function addressOf({ ip, raw }: FastifyRequest): string | undefined {
  return isIP(ip) ? ip : raw.socket.remoteAddress; // A proxy may pass on what its client wrote, which can be any text.
}

/** What the limits of a caller are counted by: its key, or its address if it has none. */
export function countedAs(request: FastifyRequest): string {
  return request.actor.kind === 'key' ? request.actor.id : clientOf(addressOf(request));
}
