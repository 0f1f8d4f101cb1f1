import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseNetwork } from '../common/allowed-networks';
import { isWellFormedKey } from '../common/api-key-format';
import { isPem } from '../common/pem';
import { DatabaseUrlError, parseDatabaseUrl } from './database-url';
import { parseUrl } from '../common/parse-url';
import { readTlsFiles, TlsFilesError } from './tls-files';

const MAX_TIMER_MS = 2_147_483_647; // Longer timers overflow in Node and fire at once.

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

const count = (byDefault: number, min = 1, max = 1_000_000_000) => integer(min, max).default(byDefault);
const durationMs = (byDefault: number, min = 1) => integer(min, MAX_TIMER_MS).default(byDefault);

/** A decimal number, such as 0.5. */
const factor = (byDefault: number, max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number such as 1 or 0.5')
    .transform(Number)
    .pipe(z.number().max(max, `must be at most ${max}`))
    .default(byDefault);

const flag = (byDefault: boolean) =>
  z
    .enum(['true', 'false'])
    .default(byDefault ? 'true' : 'false')
    .transform((text) => text === 'true');

/** Without a trailing dot; the host guard strips it from the Host header. */
const HOST_NAME = /^[\w~-]+(\.[\w~-]+)*$/;

/** RFC 6750, section 2.1. */
const BEARER_TOKEN = /^[\w.~+/-]{32,256}=*$/;

const encryptionKey = z
  .string()
  .refine((text) => isKey(text), 'must be base64 of exactly 32 bytes; make one with: openssl rand -base64 32')
  .transform((text) => Buffer.from(text, 'base64'));

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const NATS_SERVERS =
  'must be servers such as nats://10.0.0.7:4222 or tls://nats.example.org:4222, separated by commas, without a login: see NATS_TOKEN';

const network = z.string().transform((text, context) => {
  const parsed = parseNetwork(text);
  if (parsed) return parsed;
  context.addIssue(
    'must be networks such as 10.0.0.0/8 or fd00::/8, separated by commas, with no bits after the prefix',
  );
  return z.NEVER;
});

/** Every variable the service reads, its type and its default. Durations are in milliseconds. */
export const envSchema = z
  .object({
    NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
    HOST: z.string().optional(),
    PORT: integer(0, 65_535).default(3000),

    DATABASE_URL: z.string().superRefine(checkDatabaseUrl).optional(),
    DATABASE_MIGRATION_URL: z.string().superRefine(checkDatabaseUrl).optional(),
    DATA_DIR: z.string().default('.data'),
    DATABASE_POOL_SIZE: count(10, 2, 1000), // At least two: the migration lock holds one while migrations use another.
    DATABASE_CONNECT_TIMEOUT_MS: durationMs(3000),
    DATABASE_STATEMENT_TIMEOUT_MS: durationMs(10_000),

    ENCRYPTION_KEY: encryptionKey.optional(),
    ENCRYPTION_PREVIOUS_KEYS: list.pipe(z.array(encryptionKey)).prefault(''),

    AUTH: z.enum(['keys', 'off']).optional(),
    API_KEY_MAX_DAYS: integer(1, 36_500).optional(),
    BOOTSTRAP_API_KEY: z
      .string()
      .refine(isWellFormedKey, 'must be a key such as npm run api-keys:new prints')
      .optional(),
    CORS_ORIGINS: list
      .pipe(z.array(z.string().refine(isOrigin, 'must be origins such as https://app.example.org')))
      .optional(),
    ALLOWED_HOSTS: list
      .pipe(
        z.array(
          z.string().toLowerCase().regex(HOST_NAME, 'must be host names such as hub.example.org, without a port'),
        ),
      )
      .prefault(''),
    TLS_CERT_FILE: z.string().optional(),
    TLS_KEY_FILE: z.string().optional(),
    TRUSTED_PROXIES: list.pipe(z.array(network)).prefault(''),
    HTTP_MAX_CONNECTIONS: count(2000),
    RATE_LIMIT_FACTOR: factor(1, 1000),
    REQUIRE_IF_MATCH: flag(false),
    DOCS: z.enum(['on', 'off']).default('on'),
    METRICS_ENABLED: flag(true),
    METRICS_TOKEN: z
      .string()
      .regex(BEARER_TOKEN, 'must be 32 to 256 characters of a bearer token; make one with: openssl rand -hex 32')
      .optional(),
    METRICS_PER_GATEWAY: flag(false),
    CONSOLE_ENABLED: flag(true),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),

    CONNECT_TIMEOUT_MS: durationMs(10_000),
    LOGIN_TIMEOUT_MS: durationMs(10_000),
    CLOSE_TIMEOUT_MS: durationMs(2000),
    HEARTBEAT_INTERVAL_MS: durationMs(15_000),
    HEARTBEAT_TIMEOUT_MS: durationMs(10_000),
    RECONNECT_MIN_MS: durationMs(1000),
    RECONNECT_MAX_MS: durationMs(30_000),
    STABLE_AFTER_MS: durationMs(30_000),
    AUTH_RETRY_MS: durationMs(300_000),
    CONNECT_RATE_PER_SECOND: count(100),
    RECONCILE_INTERVAL_MS: durationMs(60_000),
    SESSION_LOCK_TIMEOUT_MS: durationMs(30_000),
    NATS_URL: list.pipe(z.array(z.string().refine(isNatsServer, NATS_SERVERS)).min(1, NATS_SERVERS)).optional(),
    NATS_TOKEN: z.string().optional(),
    NATS_CREDENTIALS: z
      .string()
      .refine(
        (text) => text.includes('BEGIN NATS USER JWT'),
        'must be the text of a credentials file, as `nsc` makes it',
      )
      .optional(),
    NATS_CA_FILE: z.string().refine(holdsCertificates, 'must name a readable file of certificates in PEM').optional(),
    CLUSTER_NAME: z
      .string()
      .regex(/^[\w-]{1,32}$/, 'must be 1 to 32 letters, digits, `-` or `_`')
      .default('default'),
    REPLICA_NAME: z.string().min(1).max(100).optional(),
    TEST_CLUSTER_SPEED: count(1, 1, 4),
    LAST_SEEN_INTERVAL_MS: durationMs(60_000),
    INVENTORY_INTERVAL_MS: durationMs(300_000),
    HISTORY_CONCURRENCY: count(6, 1, 64),
    BACKFILL_DAYS: count(30, 1, 3650),
    CATCH_UP_INTERVAL_MS: durationMs(21_600_000),
    ACQUISITION_MIN_INTERVAL_MS: durationMs(60_000, 0),
    ACQUISITION_START_TIMEOUT_MS: durationMs(30_000),
    ACQUISITION_READING_TIMEOUT_MS: durationMs(60_000),
    ACQUISITIONS_PER_GATEWAY: count(1, 1, 64),
    SCHEDULE_INTERVAL_MS: durationMs(15_000, 100),
    SCHEDULED_ORDERS_PER_MINUTE: count(600, 1, 60_000),
    EVENT_RETENTION_DAYS: count(30, 1, 10_000),
    AUDIT_RETENTION_DAYS: count(365, 30, 10_000), // The database refuses less than 30.
    ACQUISITION_RETENTION_DAYS: count(365, 7, 10_000),
    GATEWAY_MAX_MESSAGE_BYTES: count(20_971_520, 1024),
    GATEWAY_MAX_BYTES_PER_SECOND: count(16_777_216, 65_536),
    INGEST_BUFFER_BYTES: count(67_108_864, 8_388_608),
    READINGS_RETENTION_DAYS: count(730, 31, 36_500),
    WAVEFORM_FULL_DAYS: count(90, 1, 36_500),
    WAVEFORM_THINNED_PER_DAY: count(1, 0, 1000),
    WAVEFORM_MAX_BYTES: integer(0, 1_000_000_000_000_000).optional(),
    SPOOL_MAX_BYTES: count(10_737_418_240, 0, 1_000_000_000_000_000),
    GATEWAY_NETWORKS: list.pipe(z.array(network).min(1, 'must contain at least one network')).optional(),
    SSL_CERT_FILE: z.string().refine(holdsCertificates, 'must name a readable file of certificates in PEM').optional(),
    MAX_STREAMS: count(100),
    MAX_STREAMS_PER_ACTOR: count(20),
  })
  .superRefine((env, context) => {
    const complain = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });

    if (env.NODE_ENV === 'production' && env.DATABASE_URL === undefined) {
      complain('DATABASE_URL', 'is required in production: the embedded PostgreSQL is for development and tests');
    }
    if (env.DATABASE_MIGRATION_URL !== undefined && env.DATABASE_URL === undefined) {
      complain('DATABASE_URL', 'is required with DATABASE_MIGRATION_URL');
    }
    if (env.NODE_ENV === 'production' && env.ENCRYPTION_KEY === undefined) {
      complain('ENCRYPTION_KEY', 'is required in production; make one with: openssl rand -base64 32');
    }
    for (const [name, problem] of natsProblemsOf(env)) complain(name, problem);
    if (env.TEST_CLUSTER_SPEED > 1 && env.NODE_ENV !== 'test') complain('TEST_CLUSTER_SPEED', 'is for tests only');
    const tlsProblem = tlsProblemOf(env.TLS_CERT_FILE, env.TLS_KEY_FILE);
    if (tlsProblem) complain(...tlsProblem);
    for (const name of ['WAVEFORM_FULL_DAYS', 'BACKFILL_DAYS'] as const) {
      if (env[name] > env.READINGS_RETENTION_DAYS) complain(name, 'must not be more than READINGS_RETENTION_DAYS');
    }
    if (env.RECONNECT_MAX_MS < env.RECONNECT_MIN_MS) {
      complain('RECONNECT_MAX_MS', 'must not be less than RECONNECT_MIN_MS');
    }
  });

export type Env = z.output<typeof envSchema>;

function checkDatabaseUrl(text: string, context: z.core.$RefinementCtx<string>): void {
  try {
    parseDatabaseUrl(text);
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
}

function tlsProblemOf(certFile?: string, keyFile?: string): [name: string, message: string] | null {
  if (certFile === undefined && keyFile === undefined) return null;
  if (keyFile === undefined) return ['TLS_KEY_FILE', 'is required with TLS_CERT_FILE'];
  if (certFile === undefined) return ['TLS_CERT_FILE', 'is required with TLS_KEY_FILE'];
  try {
    readTlsFiles(certFile, keyFile);
    return null;
  } catch (error) {
    if (!(error instanceof TlsFilesError)) throw error;
    return ['TLS_CERT_FILE, TLS_KEY_FILE', error.message];
  }
}

type NatsSetting = 'NATS_URL' | 'NATS_TOKEN' | 'NATS_CREDENTIALS' | 'NATS_CA_FILE';

function natsProblemsOf(
  env: Partial<Record<NatsSetting | 'DATABASE_URL', unknown>>,
): [name: string, message: string][] {
  if (env.NATS_URL === undefined) {
    const name = (['NATS_TOKEN', 'NATS_CREDENTIALS', 'NATS_CA_FILE'] as const).find((each) => env[each] !== undefined);
    return name ? [['NATS_URL', `is required with ${name}`]] : [];
  }
  const problems: [string, string][] = [];
  if (env.DATABASE_URL === undefined) problems.push(['DATABASE_URL', 'is required with NATS_URL: replicas share it']);
  if (env.NATS_TOKEN !== undefined && env.NATS_CREDENTIALS !== undefined) {
    problems.push(['NATS_TOKEN', 'must not be set together with NATS_CREDENTIALS']);
  }
  return problems;
}

/** A login in a URL would be shown wherever the server is. */
function isNatsServer(text: string): boolean {
  const url = parseUrl(text);
  if (!url || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') return false;
  return (
    url.username === '' && url.password === '' && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === ''
  );
}

/** Every certificate must be readable: a broken one could hide those after it. */
function holdsCertificates(path: string): boolean {
  try {
    return isPem(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}

function isKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  // Node skips characters that are not base64; encoding again shows whether there were any.
  return bytes.length === 32 && bytes.toString('base64') === text;
}

function isOrigin(text: string): boolean {
  return parseUrl(text)?.origin === text;
}
