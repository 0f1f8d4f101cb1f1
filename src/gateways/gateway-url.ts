import { isIP } from 'node:net';
import { domainToUnicode } from 'node:url';
import { isStorableText } from '../http/contract/fields';
import { parseUrl } from '../common/parse-url';

// Stricter than the parser, which drops control characters, accepts `ws:host` and `ws:\\host`, and hides an empty user info or
// fragment.
const GATEWAY_URL = /^wss?:\/\/(?<authority>[^\s\p{Cc}\\/?#@]+)([/?][^\s\p{Cc}\\#]*)?$/iu;
const AUTHORITY = /^(?<host>\[[^\]]*\]|[^:[\]]*)(?<port>:.*)?$/u;
const PORT = /^:[1-9]\d*$/;

/** Describes the problem with a gateway's URL; null if there is none. */
export function gatewayUrlProblem(text: string): string | null {
  const authority = GATEWAY_URL.exec(text)?.groups?.['authority'];
  const { host, port } = AUTHORITY.exec(authority ?? '')?.groups ?? {};
  if (!host || !isStorableText(text)) {
    return 'must be a ws:// or wss:// URL with a host, and without user info and fragment';
  }
  if (port !== undefined && !PORT.test(port)) return 'must have a port from 1 to 65535 after the colon, or no colon';
  const hostname = parseUrl(text)?.hostname;
  if (hostname === undefined) return 'must be a ws:// or wss:// URL with a valid host and port';
  if (!isSameHost(host, hostname)) {
    return `must spell its host as it is dialled: this one is read as ${hostname}; write that if you mean it`;
  }
  return isResolvable(hostname)
    ? null
    : 'must have a host of at most 253 characters, with labels (the parts between dots) of 1 to 63';
}

/** The IP address in a URL, without brackets; null if the host is a name or the URL is invalid. */
export function addressInUrl(url: string): string | null {
  const parsed = parseUrl(url);
  if (!parsed) return null;
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? null : host;
}

/** Whether DNS can carry a host name: RFC 1035, section 2.3.4. Addresses pass too. */
function isResolvable(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return name.length <= 253 && name.split('.').every((label) => label.length >= 1 && label.length <= 63);
}

/**
 * Whether the parser keeps the host as written. Programs interpret `0x7f.1` or `127.000.000.010` differently, so an address could be
 * checked as one thing and dialled as another. Differences in case and in the encoding of non-ASCII domain names are allowed.
 */
function isSameHost(written: string, read: string): boolean {
  const same = written.toLowerCase();
  return same === read || (isIP(read) === 0 && same.normalize('NFC') === domainToUnicode(read));
}
