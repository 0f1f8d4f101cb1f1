import type { TlsSettings } from './connection-target';
import { TlsNeedsWssError } from './gateway.errors';
import { originOf, originText } from './origin';

/** Where a login goes, as whom, and how the other end has to prove itself. */
export interface Destination {
  readonly url: string;
  readonly tls: TlsSettings | null;
  readonly email: string;
}

/** What a stored password is bound to. */
export type Binding = 'origin' | 'email' | 'tls';

/**
 * What keeps a password that was given for `stored` from going to `wanted`; empty when it may. It belongs to an origin (scheme,
 * host, port), an e-mail, and a strictness of TLS: paths, queries, other spellings of the same and a stricter TLS are free.
 */
export function brokenBindings(stored: Destination, wanted: Destination): Binding[] {
  return [
    ...(originText(wanted.url) === originText(stored.url) ? [] : ['origin' as const]),
    ...(wanted.email.toLowerCase() === stored.email.toLowerCase() ? [] : ['email' as const]),
    ...(isAtLeastAsStrict(stored.tls, wanted.tls) ? [] : ['tls' as const]),
  ];
}

/** Whether every certificate that `wanted` accepts was accepted before as well. */
function isAtLeastAsStrict(stored: TlsSettings | null, wanted: TlsSettings | null): boolean {
  if (stored?.insecure === true) return true;
  if (wanted?.insecure === true) return false;
  const isSamePin = wanted?.fingerprint256 === stored?.fingerprint256;
  const isSameAuthority = wanted?.ca === stored?.ca;
  if (stored?.fingerprint256 !== undefined) return isSamePin && (isSameAuthority || stored.ca === undefined);
  // A pin without an authority is trusted instead of the system's authorities, not besides them.
  return isSameAuthority && (isSamePin || wanted?.ca !== undefined);
}

/**
 * Settings that verify a certificate need one. `insecure` may stand beside `ws://`: it promises nothing that is not kept.
 * @throws TlsNeedsWssError
 */
export function requireWss({ url, tls }: { url: string; tls?: TlsSettings | null }): void {
  const verifies = tls?.ca !== undefined || tls?.fingerprint256 !== undefined;
  if (verifies && originOf(url).scheme === 'ws') throw new TlsNeedsWssError();
}
