import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Whether a text holds certificates, of which each can be read. What stands between them is a remark. */
export function isPem(text: string): boolean {
  const certificates = text.match(CERTIFICATE) ?? [];
  const begun = text.match(/-----BEGIN CERTIFICATE-----/g) ?? [];
  return certificates.length > 0 && certificates.length === begun.length && certificates.every(isCertificate);
}

/** Whether a text is certificates, of which each can be read, and nothing else. */
export function isNothingButPem(text: string): boolean {
  return isPem(text) && text.replace(CERTIFICATE, '').trim() === '';
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
