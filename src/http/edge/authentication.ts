import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ANONYMOUS, MissingScopeError, UNKNOWN_CALLER } from '../../common/actor';
import type { Actor } from '../../common/actor';
import { CHALLENGE } from '../contract/challenge';
import { errorEnvelope } from '../contract/error.dto';
import { sessionCookieOf } from '../contract/session-cookie';
import { isFromOwnPage, isSafe } from './same-origin';

/** Finds out who sends a request. */
export interface Authenticator {
  /**
   * @param header the Authorization header
   * @param address of the caller
   * @returns null if the header shows nobody
   * @throws DomainError if the caller is refused for another reason
   */
  authenticate(header: string, address: string | undefined): Actor | null;

  /**
   * @param cookie the value of the session cookie
   * @param address of the caller
   * @returns null if the cookie shows nobody
   * @throws DomainError if the caller is refused for another reason
   */
  authenticateSession(cookie: string, address: string | undefined): Session | null;
}

/** A caller who has signed in. */
export interface Session {
  readonly actor: Actor;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
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

/** A browser adds the cookie to whatever a page sends, so it must also say that the page is ours. */
const crossSite = errorEnvelope(
  403,
  'CROSS_SITE_REQUEST',
  'With the session cookie, only pages of this service may send this request',
);

/** RFC 6750, section 3.1. */
const CHALLENGE_INVALID = `${CHALLENGE}, error="invalid_token"`;

/**
 * Sets the actor of every request, and refuses those that may not do what they ask for. Public operations are open, and so is what is
 * not below `/api`.
 * @param authenticator null: everybody is the anonymous administrator
 */
export function authenticateRequests(server: FastifyInstance, authenticator: Authenticator | null): void {
  server.decorateRequest('actor', null as unknown as Actor); // Fastify allows no shared object here.
  server.decorateRequest('sessionEndsAt', Infinity);
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
    const cookie = authorization === undefined ? sessionCookieOf(request.headers.cookie) : undefined;
    if (cookie !== undefined && !isSafe(request.method) && !isFromOwnPage(request.headers)) {
      return void reply.status(403).send(crossSite);
    }
    const isOpen = permission === 'public' || (permission === undefined && !isApi(request.url));
    let actor: Actor | null = null;
    try {
      if (authorization !== undefined) actor = authenticator.authenticate(authorization, request.address);
      else if (cookie !== undefined) actor = takeSession(request, authenticator, cookie);
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

/** @returns the caller who has signed in; null if the session is over. @throws DomainError as `authenticateSession` does */
function takeSession(request: FastifyRequest, authenticator: Authenticator, cookie: string): Actor | null {
  const session = authenticator.authenticateSession(cookie, request.address);
  if (!session) return null;
  request.sessionEndsAt = session.endsAt;
  return session.actor;
}

/** Whether a path is one of the API, with or without an operation. */
export function isApi(url: string): boolean {
  return url.startsWith('/api') && (url.length === 4 || url[4] === '/' || url[4] === '?');
}
