import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

type Options = NonNullable<Parameters<typeof generate>[1]>;

/** A certificate with its key, in PEM. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256 of the certificate, as Node writes it: `AA:BB:…`. */
  readonly fingerprint256: string;
}

/** All but `selfSigned` and `authority` are signed by `authority`. All but `wrongName` are for 127.0.0.1, ::1 and localhost. */
export interface TestCertificates {
  readonly authority: TestCertificate;
  readonly valid: TestCertificate;
  /** As valid as `valid`, but a different certificate. */
  readonly renewed: TestCertificate;
  readonly expired: TestCertificate;
  readonly notYetValid: TestCertificate;
  /** For `elsewhere.example.org`. */
  readonly wrongName: TestCertificate;
  readonly selfSigned: TestCertificate;
  /** Not trusted by clients that trust `authority`. */
  readonly otherAuthority: TestCertificate;
}

const DAY_MS = 86_400_000;

let made: Promise<TestCertificates> | null = null;

/** Valid certificates, and one for each way to be invalid. Generated once per process. */
export function testCertificates(): Promise<TestCertificates> {
  made ??= make();
  return made;
}

async function make(): Promise<TestCertificates> {
  const authority = await anAuthority('Test authority');
  const signed = { ca: authority };
  return {
    authority,
    otherAuthority: await anAuthority('Another test authority'),
    valid: await aServer('localhost', signed),
    renewed: await aServer('localhost', signed),
    expired: await aServer('localhost', { ...signed, notBeforeDate: inDays(-30), notAfterDate: inDays(-1) }),
    notYetValid: await aServer('localhost', { ...signed, notBeforeDate: inDays(1), notAfterDate: inDays(30) }),
    wrongName: await aServer('elsewhere.example.org', signed),
    selfSigned: await aServer('localhost'),
  };
}

function anAuthority(name: string): Promise<TestCertificate> {
  return certify(name, {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
}

function aServer(name: string, options: Options = {}): Promise<TestCertificate> {
  const loopback = [
    { type: 7, ip: '127.0.0.1' },
    { type: 7, ip: '::1' },
  ] as const;
  return certify(name, {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [{ type: 2, value: name }, ...(name === 'localhost' ? loopback : [])],
      },
    ],
  });
}

async function certify(name: string, options: Options): Promise<TestCertificate> {
  // A day of margin, because a clock may be set back while tests run.
  const dates = { notBeforeDate: inDays(-1), notAfterDate: inDays(30) };
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec', // RSA keys take seconds.
    algorithm: 'sha256',
    ...dates,
    ...options,
  });
  return { key: made.private, cert: made.cert, fingerprint256: new X509Certificate(made.cert).fingerprint256 };
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY_MS);
}
