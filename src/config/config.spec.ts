import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { testCertificates } from '../../test/support/certificates';
import { parseConfig } from './config';
import { envSchema } from './env.schema';

const key = Buffer.alloc(32, 7).toString('base64');

describe('parseConfig', () => {
  it('gives every variable its default', () => {
    const { env, host } = parseConfig({});

    expect(env).toMatchObject({
      NODE_ENV: 'development',
      PORT: 3000,
      DATABASE_POOL_SIZE: 10,
      CONNECT_RATE_PER_SECOND: 100,
      HEARTBEAT_INTERVAL_MS: 15_000,
      GATEWAY_MAX_MESSAGE_BYTES: 20_971_520,
      GATEWAY_MAX_BYTES_PER_SECOND: 16_777_216,
      ENCRYPTION_PREVIOUS_KEYS: [],
    });
    expect(host).toBe('127.0.0.1');
  });

  it('treats an empty value as unset', () => {
    expect(parseConfig({ PORT: '', DATABASE_URL: '', HOST: '' }).env.PORT).toBe(3000);
  });

  it('listens on all addresses in production', () => {
    const config = parseConfig({ NODE_ENV: 'production', DATABASE_URL: 'postgres://db/hub', ENCRYPTION_KEY: key });
    expect(config.host).toBe('0.0.0.0');
  });

  it('CRYPTO-03: refuses production without a key, and names the variable', () => {
    expect(() => parseConfig({ NODE_ENV: 'production', DATABASE_URL: 'postgres://db/hub' })).toThrow(
      /ENCRYPTION_KEY: is required/,
    );
  });

  it('refuses production without a database', () => {
    expect(() => parseConfig({ NODE_ENV: 'production', ENCRYPTION_KEY: key })).toThrow(/DATABASE_URL: is required/);
  });

  it.each([
    ['not base64', '!'.repeat(44)],
    ['31 bytes', Buffer.alloc(31).toString('base64')],
    ['33 bytes', Buffer.alloc(33).toString('base64')],
    ['hex', 'ab'.repeat(32)],
  ])('CRYPTO-03: rejects a key that is %s, and does not repeat it in the message', (_, value) => {
    const attempt = () => parseConfig({ ENCRYPTION_KEY: value });
    expect(attempt).toThrow(/ENCRYPTION_KEY: must be base64 of exactly 32 bytes/);
    expect(attempt).not.toThrow(new RegExp(value.replace(/[+!]/g, '\\$&')));
  });

  it('reads several previous keys', () => {
    const env = parseConfig({ ENCRYPTION_PREVIOUS_KEYS: `${key}, ${key}` }).env;
    expect(env.ENCRYPTION_PREVIOUS_KEYS).toHaveLength(2);
  });

  it.each([
    ['PORT', 'http', /PORT: must be a whole number/],
    ['PORT', '70000', /PORT: must be at most 65535/],
    ['PORT', '-1', /PORT/],
    ['NODE_ENV', 'staging', /NODE_ENV/],
    ['DATABASE_URL', 'mysql://db', /DATABASE_URL: must be a postgres:/],
    ['DATABASE_URL', 'postgres://db/hub?sslmode=always', /DATABASE_URL: sslmode must be one of/],
    ['DATABASE_POOL_SIZE', '1', /DATABASE_POOL_SIZE: must be at least 2/],
    ['CORS_ORIGINS', 'https://a.example/path', /CORS_ORIGINS: must be origins/],
    ['ALLOWED_HOSTS', 'hub.example.org:3000', /ALLOWED_HOSTS: must be host names/],
    ['ALLOWED_HOSTS', 'https://hub.example.org', /ALLOWED_HOSTS: must be host names/],
    ['ALLOWED_HOSTS', '*', /ALLOWED_HOSTS: must be host names/],
    ['DOCS', 'true', /DOCS/],
    ['LOG_LEVEL', 'loud', /LOG_LEVEL/],
    ['CONNECT_TIMEOUT_MS', '10s', /CONNECT_TIMEOUT_MS: must be a whole number/],
    ['HEARTBEAT_INTERVAL_MS', '9999999999', /HEARTBEAT_INTERVAL_MS: must be at most/],
    ['GATEWAY_NETWORKS', '10.0.0.0', /GATEWAY_NETWORKS: must be networks such as 10/],
    ['GATEWAY_NETWORKS', '10.0.0.0/8, 10.0.0.1/8', /GATEWAY_NETWORKS: must be networks such as 10/],
    ['GATEWAY_NETWORKS', '10.0.0.0/8; fd00::/8', /GATEWAY_NETWORKS/],
    ['GATEWAY_NETWORKS', ',', /GATEWAY_NETWORKS: must contain at least one network/],
    ['TLS_CERT_FILE', '/nowhere/cert.pem', /TLS_KEY_FILE: is required with TLS_CERT_FILE/],
    ['TLS_KEY_FILE', '/nowhere/key.pem', /TLS_CERT_FILE: is required with TLS_KEY_FILE/],
    ['TRUSTED_PROXIES', '10.0.0.5', /TRUSTED_PROXIES: must be networks such as 10/],
    ['RATE_LIMIT_FACTOR', '-1', /RATE_LIMIT_FACTOR: must be a number such as 1 or 0.5/],
    ['RATE_LIMIT_FACTOR', '1e3', /RATE_LIMIT_FACTOR: must be a number/],
    ['SSL_CERT_FILE', '/nowhere/authorities.pem', /SSL_CERT_FILE: must name a readable file/],
    ['WAVEFORM_FULL_DAYS', '731', /WAVEFORM_FULL_DAYS: must not be more than READINGS_RETENTION_DAYS/],
    ['BACKFILL_DAYS', '731', /BACKFILL_DAYS: must not be more than READINGS_RETENTION_DAYS/],
    ['READINGS_RETENTION_DAYS', '30', /READINGS_RETENTION_DAYS: must be at least 31/],
    ['RECONNECT_MIN_MS', '60000', /RECONNECT_MAX_MS: must not be less/],
    ['NATS_URL', 'http://10.0.0.7:4222', /NATS_URL: must be servers such as nats:/],
    ['NATS_URL', 'nats://hub:hunter2@10.0.0.7', /NATS_URL: must be servers .* without a login: see NATS_TOKEN$/m],
    ['NATS_URL', 'nats://10.0.0.7', /DATABASE_URL: is required with NATS_URL/],
    ['NATS_TOKEN', 'hunter2', /NATS_URL: is required with NATS_TOKEN$/],
    ['NATS_CREDENTIALS', 'hunter2', /NATS_CREDENTIALS: must be the text of a credentials file/],
    ['NATS_CA_FILE', '/nowhere/ca.pem', /NATS_CA_FILE: must name a readable file of certificates/],
    ['TEST_CLUSTER_SPEED', '2', /TEST_CLUSTER_SPEED: is for tests only/],
    ['CLUSTER_NAME', 'plant.north', /CLUSTER_NAME: must be 1 to 32 letters/],
  ])('QUAL-06: rejects %s=%s and names the variable', (name, value, message) => {
    expect(() => parseConfig({ [name]: value })).toThrow(message);
    expect(() => parseConfig({ [name]: value })).not.toThrow(/hunter2/);
  });

  it('is shared by replicas if NATS_URL names servers, and takes one kind of login for them', () => {
    const shared = { DATABASE_URL: 'postgres://db/hub', NATS_URL: 'nats://10.0.0.7:4222, tls://nats.example.org' };
    const config = parseConfig(shared);
    expect(config.env).toMatchObject({
      NATS_URL: ['nats://10.0.0.7:4222', 'tls://nats.example.org'],
      CLUSTER_NAME: 'default',
    });
    expect([config.isShared, parseConfig({}).isShared]).toEqual([true, false]);
    const credentials = '-----BEGIN NATS USER JWT-----';
    expect(() => parseConfig({ ...shared, NATS_TOKEN: 'hunter2', NATS_CREDENTIALS: credentials })).toThrow(
      /NATS_TOKEN: must not be set together with NATS_CREDENTIALS$/,
    );
  });

  it('SEC-15: allows loopback addresses outside production, and in production only if they are configured', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/hub', ENCRYPTION_KEY: key };
    expect(parseConfig({}).gatewayNetworks.allows('127.0.0.1')).toBe(true);
    expect(parseConfig(production).gatewayNetworks.allows('127.0.0.1')).toBe(false);
    expect(parseConfig(production).gatewayNetworks.allows('10.0.0.7')).toBe(true);
    const named = parseConfig({ ...production, GATEWAY_NETWORKS: ' 127.0.0.0/8 ,fd00::/8' }).gatewayNetworks;
    expect(['127.0.0.1', 'fd00::1', '10.0.0.7'].map((address) => named.allows(address))).toEqual([true, true, false]);
  });

  it('SEC-28: rejects TLS files that are missing or do not belong together, and shows nothing of them', async () => {
    const { valid, expired } = await testCertificates();
    const folder = mkdtempSync(join(tmpdir(), 'gateway-hub-tls-'));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const attempt = () => parseConfig({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key });
    const problem =
      /TLS_CERT_FILE, TLS_KEY_FILE: must name readable files of a certificate in PEM and its private key without a passphrase$/;
    expect(attempt).toThrow(problem);
    writeFileSync(cert, valid.cert);
    writeFileSync(key, expired.key);
    expect(attempt).toThrow(problem);
    writeFileSync(key, valid.key);
    expect(attempt().readTlsCertificate()?.cert.toString()).toBe(valid.cert);
    rmSync(folder, { recursive: true });
    expect(parseConfig({}).readTlsCertificate()).toBeNull();
  });

  it('SEC-28: is exposed on addresses of the network without TLS and without a trusted proxy', () => {
    for (const HOST of ['0.0.0.0', '::', '192.168.1.7', 'hub.example.org']) {
      expect(parseConfig({ HOST }).isExposed).toBe(true);
      expect(parseConfig({ HOST, TRUSTED_PROXIES: '192.168.1.1/32' }).isExposed).toBe(false);
      expect(parseConfig({ HOST }).with({ TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: 'key.pem' }).isExposed).toBe(false);
    }
    for (const HOST of ['', '127.0.0.1', '127.0.0.2', '::1', 'localhost']) {
      expect(parseConfig({ HOST }).isExposed).toBe(false);
    }
  });

  describe('SSL_CERT_FILE', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-hub-authorities-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const parse = (text: string) => {
      const path = join(folder, 'authorities.pem');
      writeFileSync(path, text);
      return parseConfig({ SSL_CERT_FILE: path });
    };
    const wrong = 'SSL_CERT_FILE: must name a readable file of certificates in PEM';

    it('may be a file of certificates with comments', async () => {
      const { authority, otherAuthority } = await testCertificates();
      expect(() => parse(`# ours\n${authority.cert}\n# theirs\n${otherAuthority.cert}`)).not.toThrow();
    });

    it('is rejected when it is empty, not PEM, a key, or broken in the middle', async () => {
      const { authority, otherAuthority } = await testCertificates();
      const cut = authority.cert.slice(0, -40);
      const spoilt = authority.cert.replace(/[A-Za-z]{8}/g, '!!!!!!!!');
      for (const text of ['', 'no PEM', authority.key, cut, `${cut}\n${otherAuthority.cert}`, spoilt]) {
        expect(() => parse(text)).toThrow(wrong);
      }
      expect(() => parse(`${otherAuthority.cert}${authority.cert.replace('MII', 'AAA')}`)).toThrow(wrong);
    });
  });

  it('names every wrong variable at once', () => {
    expect(() => parseConfig({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT[^]*LOG_LEVEL/);
  });
});

describe('.env.example', () => {
  const lines = readFileSync(resolve(__dirname, '../../.env.example'), 'utf8').split('\n');
  const variables = Object.fromEntries(
    lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('=', 2) as [string, string]),
  );

  it('QUAL-06: lists every variable, except for those of tests', () => {
    const known = Object.keys(envSchema.shape).filter((name) => !name.startsWith('TEST_'));
    expect(Object.keys(variables).sort()).toEqual(known.sort());
  });

  it('gives the defaults', () => {
    expect(parseConfig(variables).env).toEqual(parseConfig({}).env);
  });
});
