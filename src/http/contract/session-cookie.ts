import type { FastifyReply } from 'fastify';

/** Signs a browser in. Programs send an API key instead. */
export const SESSION_COOKIE = 'hub_session';

/** Not readable by scripts, and sent only with requests that pages of this site make to the API. */
const ATTRIBUTES = 'Path=/api; HttpOnly; SameSite=Strict';

/** The value of the session cookie. @param header Cookie, as a browser sends it. @returns undefined if the cookie is not in it */
export function sessionCookieOf(header: string | undefined): string | undefined {
  const start = `${SESSION_COOKIE}=`;
  const pair = header?.split(';').find((each) => each.trimStart().startsWith(start));
  return pair?.trim().slice(start.length);
}

/**
 * Has the browser keep the session cookie.
 * @param isSecure whether the browser may send it over HTTPS only
 */
export function setSessionCookie(reply: FastifyReply, value: string, maxAgeSeconds: number, isSecure: boolean): void {
  const cookie = `${SESSION_COOKIE}=${value}; Max-Age=${maxAgeSeconds}; ${ATTRIBUTES}`;
  reply.header('set-cookie', isSecure ? `${cookie}; Secure` : cookie);
}

/** Has the browser forget the session cookie. */
export function clearSessionCookie(reply: FastifyReply): void {
  reply.header('set-cookie', `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`);
}
