import type { FastifyReply, FastifyRequest } from 'fastify';
import { isIPv4, isIPv6 } from 'node:net';
import { errorEnvelope } from '../contract/error.dto';
import { authorityOf } from './request-url';

/** A registered name, an IPv4 address, or an IPv6 address in brackets; then an optional port. RFC 9112, section 3.2. */
const HOST = /^(?:\[([\da-f:.]+)\]|([\w.~-]+))(?::\d{0,5})?$/i;

/** Size of the cache of accepted Host values. A service has few names, but a caller can invent many. */
const REMEMBERED_HOSTS = 100;

const badHost = errorEnvelope(400, 'BAD_REQUEST', 'Exactly one Host header is required, and it must name a host');
// Does not repeat the name, which is untrusted text.
const misdirected = errorEnvelope(
  421,
  'MISDIRECTED_REQUEST',
  'This service does not answer to the name in the Host header. Use its IP address or localhost, or add the name to ALLOWED_HOSTS',
);

/**
 * Refuses a request whose host is not one of ours. A web page can point its own name at this service, and the browser then treats
 * the two as the same origin (DNS rebinding). The Host header shows that name, so only IP addresses, `localhost` and allowed hosts pass.
 * An absolute URL in the request line replaces the Host header, for the following hooks too.
 * @param allowedHosts names in lower case, without port; `any` accepts every name: the page of a rebound name has no key
 */
export function hostGuard(allowedHosts: readonly string[] | 'any') {
  const names = allowedHosts === 'any' ? null : new Set(['localhost', ...allowedHosts]);
  const accepted = new Set<string>();

  const problemOf = (host: string) => {
    const [, ipv6, name = ''] = HOST.exec(host) ?? [];
    if (ipv6 === undefined && name === '') return badHost;
    const isOurs = ipv6 === undefined ? !names || isIPv4(name) || names.has(withoutFinalDot(name)) : isIPv6(ipv6);
    if (!isOurs) return misdirected;
    if (accepted.size >= REMEMBERED_HOSTS) accepted.clear();
    accepted.add(host);
    return null;
  };

  return ({ raw, originalUrl }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { headers } = raw;
    const authority = authorityOf(originalUrl);
    // HTTP/1.0 does not require Host, and no browser uses it. A missing Host in HTTP/1.1 is refused by refuseMissingHost.
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

/** Node keeps the first of several Host headers; a proxy in front may have used the last. */
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
