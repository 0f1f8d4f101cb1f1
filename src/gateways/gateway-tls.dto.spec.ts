import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { z } from 'zod';
import type { TlsSettings } from '../gateway-client/transport/tls-settings';
import { tlsSettings, toTlsSettings } from './gateway-tls.dto';

let pem: string;
let privateKey: string;

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'gateway.test' }], { keyType: 'ec' });
  [pem, privateKey] = [made.cert.trim(), made.private.trim()];
});

const DIGITS = 'ab'.repeat(32);
const COLONS = Array.from({ length: 32 }, () => 'AB').join(':');

/** The fields that are rejected, or null if the settings are valid. */
function complaintsOf(sent: unknown): string[] | null {
  const { error } = tlsSettings.safeParse(sent);
  return error ? error.issues.map(({ path }) => path.join('.')) : null;
}

const stored = (sent: unknown): TlsSettings | null => toTlsSettings(tlsSettings.parse(sent));

describe('the authorities of a gateway', () => {
  it('are one certificate or more, with any space around and between them', () => {
    const another = `\r\n\n${pem}\n\n${pem.replaceAll('\n', '\r\n')}\n`;
    expect(complaintsOf({ ca: pem })).toBeNull();
    expect(complaintsOf({ ca: another })).toBeNull();
    expect(stored({ ca: ` ${pem}\n` })).toEqual({ ca: pem });
  });

  it.each<[string, () => string]>([
    ['empty', () => ' '],
    ['no PEM', () => 'my own authority'],
    ['a PEM of nothing', () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['without its end', () => pem.slice(0, -5)],
    ['a private key', () => privateKey],
    ['a certificate with its private key', () => `${pem}\n${privateKey}`],
    ['a private key with its certificate', () => `${privateKey}\n${pem}`],
    ['a certificate with a text before it', () => `subject=gateway.test\n${pem}`],
    ['a good certificate and a bad one', () => `${pem}\n${pem.replace(/\n[^-]/, '\nA')}`],
  ])('are refused, and the field named, when the PEM is %s', (_, ca) => {
    expect(complaintsOf({ ca: ca() })).toEqual(['ca']);
  });

  it('are 64 KiB at the most', () => {
    const many = Array.from({ length: Math.floor((64 * 1024) / (pem.length + 1)) }, () => pem);
    expect(complaintsOf({ ca: many.join('\n') })).toBeNull();
    expect(complaintsOf({ ca: [...many, pem].join('\n') })).toEqual(['ca']);
  });

  it('are refused without repeating a private key in the error', () => {
    const { error } = tlsSettings.safeParse({ ca: `${pem}\n${privateKey}` });
    expect(JSON.stringify(error?.issues)).not.toContain(privateKey.split('\n')[1]);
  });
});

describe('the fingerprint of a certificate', () => {
  it('may be in upper case by the OpenAPI document too', () => {
    const schema = JSON.stringify(z.toJSONSchema(tlsSettings, { io: 'input', unrepresentable: 'any' }));
    const pattern = (/"pattern":("(?:[^"\\]|\\.)*")/.exec(schema) ?? [])[1] ?? '';
    expect(COLONS).toMatch(new RegExp(JSON.parse(pattern) as string));
  });

  it.each([DIGITS, DIGITS.toUpperCase(), COLONS, COLONS.toLowerCase(), ` ${COLONS}\n`])(
    'is 64 hexadecimal digits, stored in one format: %j',
    (fingerprint256) => {
      expect(stored({ fingerprint256 })).toEqual({ fingerprint256: COLONS });
    },
  );

  it('is stored as Node prints it, since it is compared with that', () => {
    const { fingerprint256 } = new X509Certificate(pem);
    expect(stored({ fingerprint256: fingerprint256.replaceAll(':', '').toLowerCase() })).toEqual({ fingerprint256 });
  });

  it.each([
    '',
    DIGITS.slice(2),
    `${DIGITS}ab`,
    `${DIGITS.slice(1)}g`,
    `SHA256:${DIGITS}`,
    DIGITS.replaceAll('ab', 'ab '),
  ])('is refused, and the field named: %j', (fingerprint256) => {
    expect(complaintsOf({ fingerprint256 })).toEqual(['fingerprint256']);
  });
});

describe('insecure', () => {
  it.each<[string, () => object]>([
    ['ca', () => ({ ca: pem })],
    ['fingerprint256', () => ({ fingerprint256: DIGITS })],
    ['both', () => ({ ca: pem, fingerprint256: DIGITS })],
  ])('together with %s is refused, and named', (_, verifying) => {
    expect(complaintsOf({ insecure: true, ...verifying() })).toEqual(['insecure']);
    expect(complaintsOf({ insecure: false, ...verifying() })).toBeNull();
  });

  it.each(['true', 1, null])('is a boolean, and not %j', (insecure) => {
    expect(complaintsOf({ insecure })).toEqual(['insecure']);
  });
});

describe('equivalent settings', () => {
  it.each([null, {}, { insecure: false }])('are stored in the same way: %j means the system’s authorities', (sent) => {
    expect(stored(sent)).toBeNull();
  });

  it('are stored in the same way: what is false is left out', () => {
    expect(stored({ insecure: true })).toEqual({ insecure: true });
    expect(stored({ insecure: false, fingerprint256: DIGITS })).toEqual({ fingerprint256: COLONS });
  });
});

it('rejects an unknown field', () => {
  expect(complaintsOf({ inscure: true })).not.toBeNull();
});
