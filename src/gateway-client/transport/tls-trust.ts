import { existsSync, readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions, SecureContext, TLSSocket } from 'node:tls';
import type { TlsSettings } from './tls-settings';

/** Where systems keep the authorities they trust: Debian and Alpine, Red Hat, SUSE, macOS and the BSDs. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** Many gateways usually share one private authority, so a few contexts serve all of them. */
const MAX_CONTEXTS = 100;

/** The certificate is not the pinned one, whether or not it is valid otherwise. */
class CertificateNotPinnedError extends Error {
  readonly code = 'CERT_NOT_PINNED';
}

/** The configured authorities cannot be read or are not certificates. */
class TlsSettingsError extends Error {
  readonly code = 'TLS_SETTINGS_UNUSABLE';
}

/** Decides which certificates of gateways are trusted. */
export class TlsTrust {
  /** Keyed by the PEM of the authorities. Creating a context takes milliseconds. */
  private readonly contexts = new Map<string, SecureContext>();

  /** @param bundle a file of authorities to trust by default, instead of the system's */
  constructor(private readonly bundle?: string) {}

  /** Options for `tls.connect`. @throws TlsSettingsError */
  optionsFor(settings: TlsSettings | null): ConnectionOptions {
    // A pinned certificate without `ca` needs no authority; `requirePinned` checks it.
    const isVerifiedByAuthority =
      settings?.insecure !== true && (settings?.fingerprint256 === undefined || !!settings.ca);
    return { rejectUnauthorized: isVerifiedByAuthority, secureContext: this.contextFor(settings?.ca ?? '') };
  }

  /** Ends a connection whose certificate is not the pinned one. Call it after the TLS handshake, before anything is sent. */
  requirePinned(settings: TlsSettings | null, socket: TLSSocket): void {
    const pinned = settings?.fingerprint256;
    if (pinned === undefined || socket.getPeerX509Certificate()?.fingerprint256 === pinned) return;
    socket.destroy(new CertificateNotPinnedError('the certificate is not the pinned one'));
  }

  private contextFor(ca: string): SecureContext {
    const known = this.contexts.get(ca);
    if (known) return known;
    const context = this.createContext(ca);
    const [oldest] = this.contexts.keys();
    if (oldest !== undefined && this.contexts.size >= MAX_CONTEXTS) this.contexts.delete(oldest);
    this.contexts.set(ca, context);
    return context;
  }

  private createContext(ca: string): SecureContext {
    try {
      return createSecureContext({ ca: ca === '' ? this.defaultAuthorities() : ca });
    } catch (error) {
      throw new TlsSettingsError('the authorities cannot be used', { cause: error });
    }
  }

  /** Undefined if the system has none of the known bundles; Node then uses its own. */
  private defaultAuthorities(): string | undefined {
    const path = this.bundle ?? BUNDLES.find(existsSync);
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  }
}
