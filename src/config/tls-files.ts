import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** The certificate of the service, with the intermediate ones if there are any, and its private key, in PEM. */
export interface TlsCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** TLS_CERT_FILE and TLS_KEY_FILE cannot be used. The message contains nothing of the files. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

/** @throws TlsFilesError if a file cannot be read, is not PEM, or the key does not belong to the certificate */
export function readTlsFiles(certFile: string, keyFile: string): TlsCertificate {
  try {
    const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    createSecureContext(files); // Throws if the two do not match.
    return files;
  } catch {
    throw new TlsFilesError(
      'must name readable files of a certificate in PEM and its private key without a passphrase',
    );
  }
}
