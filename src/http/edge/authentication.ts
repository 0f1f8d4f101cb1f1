import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ANONYMOUS, MissingScopeError, UNKNOWN_CALLER } from '../../common/actor';
import type { Actor } from '../../common/actor';
import { errorEnvelope } from '../contract/error.dto';

/** Finds out who sends a request. */
export interface Authenticator {
  /**
   * @param header the Authorization header
   * @param address of the caller
   * @returns null if the header shows nobody
   * @throws DomainError if the caller is refused for another reason
   */
  authenticate(header: string, address: string | undefined): Actor | null;
}

/** One message for a key that is missing, unknown, malformed, expired or revoked. */
const unauthenticated = errorEnvelope(
  401,
  'UNAUTHENTICATED',
  'A valid API key is required: Authorization: Bearer gwh_…',
);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route finds out by itself who may use it. No key is looked up before, as a header that holds none counts as a failed attempt. */
    hasOwnGuard?: boolean;
  }
}

/** RFC 9110, section 11.6.1. */
const CHALLENGE = 'Bearer realm="gateway-hub"';
/** RFC 6750, section 3.1. */
const CHALLENGE_INVALID = `${CHALLENGE}, error="invalid_token"`;

/**
 * Sets the actor of every request, and refuses those that may not do what they ask for. Public operations are open, and so is what is
 * not below `/api`.
 * @param authenticator null: everybody is the anonymous administrator
 */
export function authenticateRequests(server: FastifyInstance, authenticator: Authenticator | null): void {
  server.decorateRequest('actor', null as unknown as Actor); // Fastify allows no shared object here.
  server.addHook('onRequest', authenticator ? withKeys(authenticator) : withoutKeys);
}

function withoutKeys(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  request.actor = ANONYMOUS;
  done();
}

function withKeys(authenticator: Authenticator) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const { authorization } = request.headers;
    const { permission, hasOwnGuard = false } = request.routeOptions.config;
    if (hasOwnGuard) {
      request.actor = UNKNOWN_CALLER;
      return done();
    }
    const isOpen = permission === 'public' || (permission === undefined && !isApi(request.url));
    let actor: Actor | null = null;
    try {
      if (authorization !== undefined) actor = authenticator.authenticate(authorization, request.address);
    } catch (error) {
      if (!isOpen) return done(error as Error);
    }
    request.actor = actor ?? UNKNOWN_CALLER;
    if (isOpen) return done();
    if (!actor) {
      reply.header('www-authenticate', challenge(authorization));
      return void reply.status(401).send(unauthenticated);
    }
    // A path without an operation: the caller is known, and gets a 404.
    if (permission === undefined || permission === 'any') return done();
    done(actor.scopes.has(permission) ? undefined : new MissingScopeError(permission));
  };
}

/** The `WWW-Authenticate` header of a 401. @param authorization the header of the request */
export function challenge(authorization: string | undefined): string {
  return authorization === undefined ? CHALLENGE : CHALLENGE_INVALID;
}

/** Whether a path is one of the API, with or without an operation. */
export function isApi(url: string): boolean {
  return url.startsWith('/api') && (url.length === 4 || url[4] === '/' || url[4] === '?');
}
