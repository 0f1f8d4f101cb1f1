import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Whether the text contains at least one certificate and all of them can be parsed. Text between them is allowed. */
export function isPem(text: string): boolean {
  const certificates = text.match(CERTIFICATE) ?? [];
  const begun = text.match(/-----BEGIN CERTIFICATE-----/g) ?? [];
  return certificates.length > 0 && certificates.length === begun.length && certificates.every(isCertificate);
}

/** Whether the text consists of valid certificates only. */
export function isOnlyPem(text: string): boolean {
  return isPem(text) && text.replace(CERTIFICATE, '').trim() === '';
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
