import type { TlsSettings } from '../gateway-client/transport/tls-settings';
import { TlsNeedsWssError } from './gateway.errors';
import { originOf, originText } from './origin';

/** The address and account of a login, and how the gateway is verified. */
export interface Destination {
  readonly url: string;
  readonly tls: TlsSettings | null;
  readonly email: string;
}

/** A property that a stored password is bound to. */
export type Binding = 'origin' | 'email' | 'tls';

/**
 * The bindings that a change from `stored` to `wanted` breaks; if there are any, the stored password must not be sent to `wanted`. A
 * password belongs to an origin (scheme, host, port), an e-mail, and a TLS strictness. Another path or query, another spelling of the
 * same values, and stricter TLS break nothing.
 */
export function brokenBindings(stored: Destination, wanted: Destination): Binding[] {
  return [
    ...(originText(wanted.url) === originText(stored.url) ? [] : ['origin' as const]),
    ...(wanted.email.toLowerCase() === stored.email.toLowerCase() ? [] : ['email' as const]),
    ...(isAtLeastAsStrict(stored.tls, wanted.tls) ? [] : ['tls' as const]),
  ];
}

/** Whether `stored` already accepted every certificate that `wanted` accepts. */
function isAtLeastAsStrict(stored: TlsSettings | null, wanted: TlsSettings | null): boolean {
  if (stored?.insecure === true) return true;
  if (wanted?.insecure === true) return false;
  const isSamePin = wanted?.fingerprint256 === stored?.fingerprint256;
  const isSameAuthority = wanted?.ca === stored?.ca;
  if (stored?.fingerprint256 !== undefined) return isSamePin && (isSameAuthority || stored.ca === undefined);
  // A pin without `ca` replaces the system's authorities; it does not add to them.
  return isSameAuthority && (isSamePin || wanted?.ca !== undefined);
}

/**
 * Settings that verify a certificate require TLS. `insecure` is allowed with `ws://`, as it promises no check.
 * @throws TlsNeedsWssError
 */
export function requireWss({ url, tls }: { url: string; tls?: TlsSettings | null }): void {
  const verifies = tls?.ca !== undefined || tls?.fingerprint256 !== undefined;
  if (verifies && originOf(url).scheme === 'ws') throw new TlsNeedsWssError();
}
