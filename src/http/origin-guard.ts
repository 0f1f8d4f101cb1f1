import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorEnvelope } from '../common/error.dto';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** What a browser says of a request that a page of another origin makes. */
const FOREIGN_SITES = new Set(['cross-site', 'same-site']);

const crossSite = errorEnvelope(
  403,
  'CROSS_SITE_REQUEST',
  'A web page of another origin may not do this, unless CORS_ORIGINS names its origin',
);

/**
 * Refuses what a web page of another origin asks for, where it would change something: a form, or `fetch` without CORS, sends
 * such a request although the page never sees the answer. Programs send neither Origin nor Sec-Fetch-Site, and pass.
 * @param allowedOrigins origins whose pages may call, besides our own
 */
export function originGuard(allowedOrigins: readonly string[]) {
  const allowed = new Set(allowedOrigins);
  return ({ method, headers }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (SAFE_METHODS.has(method)) return done();
    const { origin, host = '' } = headers;
    const isForeign =
      origin === undefined
        ? FOREIGN_SITES.has(String(headers['sec-fetch-site']).toLowerCase())
        : !allowed.has(origin) && !isOwnOrigin(origin, host);
    if (isForeign) void reply.status(403).send(crossSite);
    else done();
  };
}

/** With either scheme: a proxy in front may have added TLS. */
function isOwnOrigin(origin: string, host: string): boolean {
  return ['http', 'https'].some((scheme) => {
    const ours = `${scheme}://${host}`;
    return origin === ours || (URL.canParse(ours) && new URL(ours).origin === origin); // A Host may name the scheme's port.
  });
}
