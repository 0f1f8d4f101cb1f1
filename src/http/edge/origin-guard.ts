import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorEnvelope } from '../contract/error.dto';
import { isOwnOrigin, isSafe } from './same-origin';

/** Values of Sec-Fetch-Site for requests from another origin. */
const FOREIGN_SITES = new Set(['cross-site', 'same-site']);

const crossSite = errorEnvelope(
  403,
  'CROSS_SITE_REQUEST',
  'A web page of another origin may not send this request unless CORS_ORIGINS names its origin',
);

/**
 * Refuses requests that could change something and come from a web page of another origin. Browsers send such requests (by a form, or by
 * `fetch` without CORS) although the page cannot read the response. Programs send neither Origin nor Sec-Fetch-Site, and pass.
 * @param allowedOrigins origins whose pages may call, in addition to our own
 */
export function originGuard(allowedOrigins: readonly string[]) {
  const allowed = new Set(allowedOrigins);
  return ({ method, headers }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (isSafe(method)) return done();
    const { origin, host = '' } = headers;
    const isForeign =
      origin === undefined
        ? FOREIGN_SITES.has(String(headers['sec-fetch-site']).toLowerCase())
        : !allowed.has(origin) && !isOwnOrigin(origin, host);
    if (isForeign) void reply.status(403).send(crossSite);
    else done();
  };
}
