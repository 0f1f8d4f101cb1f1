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
    const { permission } = request.routeOptions.config;
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
      reply.header('www-authenticate', authorization === undefined ? CHALLENGE : CHALLENGE_INVALID);
      return void reply.status(401).send(unauthenticated);
    }
    // A path without an operation: the caller is known, and gets a 404.
    if (permission === undefined || permission === 'any') return done();
    done(actor.scopes.has(permission) ? undefined : new MissingScopeError(permission));
  };
}

/** Whether a path is one of the API, with or without an operation. */
export function isApi(url: string): boolean {
  return url.startsWith('/api') && (url.length === 4 || url[4] === '/' || url[4] === '?');
}
