import type { FastifyReply, FastifyRequest } from 'fastify';
import { isIPv4, isIPv6 } from 'node:net';
import { errorEnvelope } from '../common/error.dto';
import { authorityOf } from './request-url';

/** A registered name or an IPv4 address, or an IPv6 address in brackets; then a port. RFC 9112, section 3.2. */
const HOST = /^(?:\[([\da-f:.]+)\]|([\w.~-]+))(?::\d{0,5})?$/i;

/** How many accepted Host values are remembered. A service has few names; a caller can invent many. */
const REMEMBERED_HOSTS = 100;

const badHost = errorEnvelope(400, 'BAD_REQUEST', 'There must be one Host header, and it must name a host');
// The name that was sent is not repeated: it is the caller's text.
const misdirected = errorEnvelope(
  421,
  'MISDIRECTED_REQUEST',
  'This service does not answer to the name in the Host header. Use its IP address or localhost, or add the name to ALLOWED_HOSTS',
);

/**
 * Refuses a request that was addressed to a name that is not ours. A web page may point a name of its own at this service and
 * then counts as the same origin (DNS rebinding); such a name is never an IP address, `localhost`, or one that we expect.
 * An absolute URL in the request line replaces the Host header, for the hooks that follow too.
 * @param allowedHosts names in lower case, without port
 */
export function hostGuard(allowedHosts: readonly string[]) {
  const names = new Set(['localhost', ...allowedHosts]);
  const accepted = new Set<string>();

  const problemOf = (host: string) => {
    const [, ipv6, name = ''] = HOST.exec(host) ?? [];
    if (ipv6 === undefined && name === '') return badHost;
    const isOurs = ipv6 === undefined ? isIPv4(name) || names.has(withoutFinalDot(name)) : isIPv6(ipv6);
    if (!isOurs) return misdirected;
    if (accepted.size >= REMEMBERED_HOSTS) accepted.clear();
    accepted.add(host);
    return null;
  };

  return ({ raw, originalUrl }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { headers } = raw;
    const authority = authorityOf(originalUrl);
    // HTTP/1.0 may come without a Host, and no browser speaks it; a missing one in HTTP/1.1 is refused by a hook of its own.
    const given = headers.host;
    if (authority !== null && given !== undefined) headers.host = authority;
    const host = authority ?? given;
    const problem = hasSeveralHosts(raw.rawHeaders)
      ? badHost
      : host === undefined || accepted.has(host)
        ? null
        : problemOf(host);
    if (problem) void reply.status(problem.error.statusCode).send(problem);
    else done();
  };
}

/** Node keeps the first of several Host headers; a proxy in front may have read the last. */
function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count > 1;
}

function withoutFinalDot(name: string): string {
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}
