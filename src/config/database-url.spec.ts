import { isUnverified, parseDatabaseUrl } from './database-url';

describe('isUnverified', () => {
  it.each([
    ['postgres://db/hub?sslmode=require', true],
    ['postgres://db/hub?sslmode=no-verify', true],
    ['postgres://192.0.2.1/hub?sslmode=prefer', true],
    ['postgres://db/hub?sslmode=verify-full', false],
    ['postgres://db/hub', false],
    ['postgres://localhost/hub?sslmode=require', false],
    ['postgres://127.0.0.2/hub?sslmode=require', false],
    ['postgres://[::1]/hub?sslmode=require', false],
    ['postgres:///hub?host=/run/postgresql&sslmode=prefer', false],
  ])('%s: %s', (url, expected) => {
    expect(isUnverified(parseDatabaseUrl(url))).toBe(expected);
  });
});

describe('parseDatabaseUrl', () => {
  it('reads the host and the database, and uses defaults for the rest', () => {
    expect(parseDatabaseUrl('postgres://db/hub')).toEqual({
      host: 'db',
      port: 5432,
      user: null,
      password: null,
      database: 'hub',
      tlsMode: 'disable',
      rootCertificate: null,
      clientCertificate: null,
      clientKey: null,
      applicationName: null,
      options: null,
    });
  });

  it('decodes escapes, and accepts IPv6 addresses and Unix sockets', () => {
    expect(parseDatabaseUrl('postgresql://a%40b:p%2F%25@[::1]:6432/my%20hub')).toMatchObject({
      host: '::1',
      port: 6432,
      user: 'a@b',
      password: 'p/%',
      database: 'my hub',
    });
    expect(parseDatabaseUrl('postgres:///hub?host=/run/postgresql&user=hub')).toMatchObject({
      host: '/run/postgresql',
      user: 'hub',
      database: 'hub',
    });
    expect(parseDatabaseUrl('postgres://hub@%2Frun%2Fpostgresql/hub').host).toBe('/run/postgresql');
  });

  it.each([
    ['sslmode=disable', 'disable'],
    ['sslmode=prefer', 'prefer'],
    ['sslmode=require', 'require'],
    ['sslmode=no-verify', 'require'],
    [`sslmode=require&sslrootcert=${__filename}`, 'verify-ca'],
    [`sslmode=verify-ca&sslrootcert=${__filename}`, 'verify-ca'],
    ['sslmode=verify-full', 'verify-full'],
    ['sslmode=verify-full&sslrootcert=system', 'verify-full'],
    ['ssl=true', 'verify-full'],
    ['ssl=0', 'disable'],
  ])('reads %s as %s', (query, tlsMode) => {
    expect(parseDatabaseUrl(`postgres://db/hub?${query}`).tlsMode).toBe(tlsMode);
  });

  it.each([
    ['mysql://db/hub', /postgres:\/\/ URL/],
    ['postgres://db/hub?sslmode=allow', /sslmode must be one of disable, prefer, require/],
    ['postgres://db/hub?sslmode=verify-ca', /needs sslrootcert/],
    ['postgres://db/hub?sslrootcert=/nowhere/root.pem', /sslrootcert must name a readable file/],
    ['postgres://db/hub?port=http', /port/],
    ['postgres://hub:100%@db/hub', /does not begin an escape sequence/],
  ])('rejects %s, and says why', (url, message) => {
    expect(() => parseDatabaseUrl(url)).toThrow(message);
  });
});
