import type { IncomingHttpHeaders } from 'node:http';
import { parseUrl } from '../../common/parse-url';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a method only reads. */
export function isSafe(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/** Whether an Origin is that of the Host. Accepts both schemes, because a proxy in front may have added TLS. */
export function isOwnOrigin(origin: string, host: string): boolean {
  if (host === '') return false; // HTTP/1.0 needs no Host, and browsers always send one.
  return ['http', 'https'].some((scheme) => {
    const ours = `${scheme}://${host}`;
    return origin === ours || parseUrl(ours)?.origin === origin; // The Host header may include the default port.
  });
}

/**
 * Whether the browser says that a page of this service sent the request. Over plain HTTP, browsers send no Sec-Fetch-Site unless the host is
 * this machine, but an Origin with every unsafe method.
 */
export function isFromOwnPage({ origin, host = '', ...headers }: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && isOwnOrigin(origin, host);
}
