import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
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
      GATEWAY_MAX_MESSAGE_BYTES: 67_108_864,
      ENCRYPTION_PREVIOUS_KEYS: [],
    });
    expect(host).toBe('127.0.0.1');
  });

  it('counts an empty value as unset', () => {
    expect(parseConfig({ PORT: '', DATABASE_URL: '', HOST: '' }).env.PORT).toBe(3000);
  });

  it('listens on all addresses in production', () => {
    const config = parseConfig({ NODE_ENV: 'production', DATABASE_URL: 'postgres://db/hub', ENCRYPTION_KEY: key });
    expect(config.host).toBe('0.0.0.0');
  });

  it('CRYPTO-03: production refuses to start without a key, naming the variable', () => {
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
  ])('CRYPTO-03: a key that is %s stops the start, and the message does not repeat it', (_, value) => {
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
    ['LOG_LEVEL', 'loud', /LOG_LEVEL/],
    ['CONNECT_TIMEOUT_MS', '10s', /CONNECT_TIMEOUT_MS: must be a whole number/],
    ['HEARTBEAT_INTERVAL_MS', '9999999999', /HEARTBEAT_INTERVAL_MS: must be at most/],
    ['RECONNECT_MIN_MS', '60000', /RECONNECT_MAX_MS: must not be less/],
  ])('QUAL-06: %s=%s stops the start and is named', (name, value, message) => {
    expect(() => parseConfig({ [name]: value })).toThrow(message);
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

  it('QUAL-06: lists every variable there is', () => {
    expect(Object.keys(variables).sort()).toEqual(Object.keys(envSchema.shape).sort());
  });

  it('gives the defaults', () => {
    expect(parseConfig(variables).env).toEqual(parseConfig({}).env);
  });
});
