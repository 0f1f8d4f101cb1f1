import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { errorEnvelope } from '../contract/error.dto';
import type { ErrorDto } from '../contract/error.dto';

export const MAX_URL_LENGTH = 8192;

const SLASH = 47;
/** The absolute form of RFC 9112, section 3.2.2: scheme and authority precede the path. */
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

export const urlTooLong = errorEnvelope(414, 'URI_TOO_LONG', `The URL is longer than ${MAX_URL_LENGTH} characters`);
export const badUrl = errorEnvelope(400, 'BAD_URL', 'The URL cannot be decoded');

/**
 * The URL for the router: for an absolute URL, its path and query. The router would refuse an unreadable URL before any hook runs, so
 * the request would not be logged and the response would lack the common headers. Such a URL is replaced by `/`, and
 * `refuseUnreadableUrl` refuses the request.
 */
export function readableUrl({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  if (problemOf(url)) return '/';
  if (url.charCodeAt(0) === SLASH) return url;
  const target = url.replace(ABSOLUTE, '');
  return target === url || target.charCodeAt(0) === SLASH ? target : `/${target}`;
}

/** The authority of an absolute URL, which takes precedence over the Host header; null for any other URL. */
export function authorityOf(url: string): string | null {
  return url.charCodeAt(0) === SLASH ? null : (ABSOLUTE.exec(url)?.[1] ?? null);
}

/** Refuses a URL that is longer than any call of this API needs, or that cannot be decoded, its query included. */
export function refuseUnreadableUrl({ originalUrl }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const problem = problemOf(originalUrl);
  if (problem) void reply.status(problem.error.statusCode).send(problem);
  else done();
}

function problemOf(url: string): ErrorDto | null {
  if (url.length > MAX_URL_LENGTH) return urlTooLong;
  if (!url.includes('%')) return null;
  try {
    decodeURIComponent(url);
    return null;
  } catch {
    return badUrl;
  }
}
