import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { testCertificates } from '../support/certificates';
import type { TestCertificate, TestCertificates } from '../support/certificates';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { Program } from '../support/program';
import { rawRequest } from '../support/raw-request';

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  /** SHA-256 of the certificate that the service presents. */
  readonly fingerprint256: string;
}

describe('SEC-28: HTTPS of the service itself', () => {
  let certificates: TestCertificates;
  let database: TestDatabase;
  let folder: string;
  let program: Program;
  let url: string;

  const install = async ({ cert, key }: TestCertificate): Promise<void> => {
    await writeFile(join(folder, 'cert.pem'), cert);
    await writeFile(join(folder, 'key.pem'), key);
  };
  const ask = (path: string, options: RequestOptions = {}, body = ''): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const trust = { ca: certificates.authority.cert, agent: false, ...options };
      const sent = request(url + path, trust, (response) => {
        const { socket, statusCode: status, headers } = response;
        const { fingerprint256 } = (socket as TLSSocket).getPeerCertificate();
        response.resume().on('end', () => resolve({ status, headers, fingerprint256 }));
      });
      sent.on('error', reject).end(body);
    });

  beforeAll(async () => {
    certificates = await testCertificates();
    database = await createDatabase();
    folder = await mkdtemp(join(tmpdir(), 'gateway-hub-tls-'));
    await install(certificates.valid);
    program = new Program('main.js', {
      NODE_ENV: 'test',
      PORT: '0',
      DATABASE_URL: database.url,
      ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64'),
      TLS_CERT_FILE: join(folder, 'cert.pem'),
      TLS_KEY_FILE: join(folder, 'key.pem'),
    });
    url = (await program.prints(/listening on (https:\/\/[^\s,"]+)/))[1] ?? '';
  });
  afterAll(async () => {
    await program.destroy();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  it('SEC-28: serves the configured certificate, and tells browsers to use nothing but HTTPS', async () => {
    const { status, headers, fingerprint256 } = await ask('/api/health/live');
    expect({ status, fingerprint256 }).toEqual({ status: 200, fingerprint256: certificates.valid.fingerprint256 });
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    expect((await ask('/docs')).headers['strict-transport-security']).toBe('max-age=31536000');
    await expect(ask('/api/health/live', { ca: certificates.otherAuthority.cert })).rejects.toThrow();
  });

  it('SEC-28: answers a body that is too large, and serves no plain HTTP', async () => {
    const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const { status } = await ask('/api/organizations', json, JSON.stringify({ name: 'x'.repeat(3_000_000) }));
    expect(status).toBe(413);
    const plain = rawRequest(url, 'GET /api/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await plain.then(({ status }) => status).catch(() => Number.NaN)).toBeNaN();
    expect((await ask('/api/health/live')).status).toBe(200);
  });

  it('SEC-28: reads the certificate again on SIGHUP, and keeps the present one if the new one cannot be used', async () => {
    await install(certificates.renewed);
    program.kill('SIGHUP');
    const { fingerprint256 } = certificates.renewed;
    await eventually(async () => expect(await ask('/api/health/live')).toMatchObject({ fingerprint256 }));

    await install({ ...certificates.valid, key: certificates.expired.key });
    program.kill('SIGHUP');
    await program.prints(/the TLS certificate stays as it was: TLS_CERT_FILE and TLS_KEY_FILE must name/);
    expect(await ask('/api/health/live')).toMatchObject({ status: 200, fingerprint256 });

    program.kill('SIGTERM');
    expect(await program.exit()).toBe(0);
    expect(program.output).not.toContain('PRIVATE KEY');
  });
});
