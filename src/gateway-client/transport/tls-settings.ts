/** How the certificate of a gateway is verified. */
export interface TlsSettings {
  /** PEM of the authorities to trust, instead of the system's. */
  readonly ca?: string;
  /** SHA-256 of the one certificate to accept: pairs of hexadecimal digits in upper case, separated by colons. */
  readonly fingerprint256?: string;
  /** Accept any certificate. */
  readonly insecure?: boolean;
}
