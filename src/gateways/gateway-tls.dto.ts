import { z } from 'zod';
import { isOnlyPem } from '../common/pem';
import type { TlsSettings } from '../gateway-client/transport/tls-settings';

const MAX_PEM_LENGTH = 64 * 1024;
// No flag `i`: the pattern in the OpenAPI document cannot have one.
const FINGERPRINT = /^[\dA-Fa-f]{2}(:?[\dA-Fa-f]{2}){31}$/;

const ca = z
  .string()
  .trim()
  .max(MAX_PEM_LENGTH, { abort: true }) // Text that is too long is not parsed.
  .refine(isOnlyPem, 'must be one or more certificates in PEM, and nothing else')
  .meta({ description: 'Certificate authorities to trust for this gateway instead of those of the system, in PEM' });

const fingerprint256 = z
  .string()
  .trim()
  .regex(FINGERPRINT, 'must be the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, with or without colons')
  .meta({
    description:
      'SHA-256 fingerprint of the only certificate to accept, as `openssl x509 -fingerprint -sha256` prints it',
  });

const insecure = z.boolean().meta({
  description:
    'Accept any certificate. Anyone between the service and the gateway can read the login: for a first test only',
});

const fields = { ca, fingerprint256, insecure };

/** How the certificate of a `wss` gateway is verified; null: against the system's authorities. */
export const tlsSettings = z
  .strictObject(fields)
  .partial()
  .refine(({ insecure, ca, fingerprint256 }) => insecure !== true || (ca ?? fingerprint256) === undefined, {
    message: 'must not combine insecure with ca or fingerprint256',
    path: ['insecure'],
  })
  .nullable()
  .meta({
    id: 'TlsSettings',
    description: 'How to verify the certificate of a `wss://` gateway; null: with the authorities of the system',
    example: null,
  });

/** The same settings in responses. */
export const storedTlsSettings = z
  .object({ ca: z.string(), fingerprint256: z.string(), insecure: z.boolean() })
  .partial()
  .nullable()
  .meta({ id: 'StoredTlsSettings', example: null });

/** Normalizes the settings, so that sending the same ones in another form is no change. */
export function toTlsSettings(sent: z.output<typeof tlsSettings>): TlsSettings | null {
  const settings = {
    ...(sent?.ca !== undefined && { ca: sent.ca }),
    ...(sent?.fingerprint256 !== undefined && { fingerprint256: withColons(sent.fingerprint256) }),
    ...(sent?.insecure === true && { insecure: true }),
  };
  return Object.keys(settings).length > 0 ? settings : null;
}

function withColons(fingerprint: string): string {
  return (
    fingerprint
      .toUpperCase()
      .match(/[\dA-F]{2}/g)
      ?.join(':') ?? ''
  );
}
