import { isIP } from 'node:net';
import { domainToUnicode } from 'node:url';
import { isStorableText } from '../common/fields';

// Stricter than the parser, which drops control characters, reads `ws:host` and `ws:\\host` as well, and shows no trace of an empty
// user info or fragment.
const GATEWAY_URL = /^wss?:\/\/(?<authority>[^\s\p{Cc}\\/?#@]+)([/?][^\s\p{Cc}\\#]*)?$/iu;
const AUTHORITY = /^(?<host>\[[^\]]*\]|[^:[\]]*)(?<port>:.*)?$/u;
const PORT = /^:[1-9]\d*$/;

/** Says what is wrong with the URL of a gateway; null when nothing is. */
export function gatewayUrlProblem(text: string): string | null {
  const authority = GATEWAY_URL.exec(text)?.groups?.['authority'];
  const { host, port } = AUTHORITY.exec(authority ?? '')?.groups ?? {};
  if (!host || !isStorableText(text)) {
    return 'must be a ws:// or wss:// URL with a host, and without user info and fragment';
  }
  if (port !== undefined && !PORT.test(port)) return 'must have a port from 1 to 65535 after the colon, or no colon';
  if (!URL.canParse(text)) return 'must be a ws:// or wss:// URL whose host and port can be understood';
  const { hostname } = new URL(text);
  return isSameHost(host, hostname)
    ? null
    : `must have its host as it is dialled: this one is read as ${hostname}, so write that if it is what you mean`;
}

/** The address that a URL names its host by, without brackets; null when it names it otherwise, or is no URL. */
export function addressInUrl(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? null : host;
}

/**
 * Whether a host is read as it was written: programs differ in what they make of `0x7f.1` or `127.000.000.010`, so that what is
 * checked by one would be dialled as something else by the next. Only its case is free, and how a domain name outside ASCII is encoded.
 */
function isSameHost(written: string, read: string): boolean {
  const same = written.toLowerCase();
  return same === read || (isIP(read) === 0 && same.normalize('NFC') === domainToUnicode(read));
}
