import { existsSync } from 'node:fs';
import { AllowedNetworks, DEFAULT_NETWORKS, LOOPBACK_NETWORKS, networksOf } from '../common/allowed-networks';
import { ConfigError } from './config-error';
import { parseDatabaseUrl } from './database-url';
import type { DatabaseAddress } from './database-url';
import { envSchema } from './env.schema';
import type { Env } from './env.schema';
import { forgetSecrets, readSecretFiles } from './secret-files';
import { readTlsFiles } from './tls-files';
import type { TlsCertificate } from './tls-files';

const SHARED_RECONCILE_MS = 5000;

const LOOPBACK = new AllowedNetworks(networksOf(LOOPBACK_NETWORKS));

/** The configuration of one running service: the environment, parsed once. Injected by this class. */
export class Config {
  /** @param warnings about the environment, for the log */
  constructor(
    readonly env: Env,
    readonly warnings: readonly string[] = [],
  ) {}

  /** The address that the HTTP server listens on: `HOST`, or by default all addresses in production and loopback elsewhere. */
  get host(): string {
    return this.env.HOST ?? (this.isProduction ? '0.0.0.0' : '127.0.0.1');
  }

  /** Whether requests, and the keys in them, cross a network that this service neither encrypts nor leaves to a proxy. */
  get isExposed(): boolean {
    return !this.isLoopback && this.env.TLS_CERT_FILE === undefined && this.env.TRUSTED_PROXIES.length === 0;
  }

  /** Whether the address that the HTTP server listens on can be reached from this machine only. */
  get isLoopback(): boolean {
    return this.host === 'localhost' || LOOPBACK.allows(this.host);
  }

  /** Whether callers need a key. The default is `off` only for development on this machine. */
  get auth(): 'keys' | 'off' {
    return this.env.AUTH ?? (this.isProduction || !this.isLoopback ? 'keys' : 'off');
  }

  get isProduction(): boolean {
    return this.env.NODE_ENV === 'production';
  }

  /** The URL of the external database. @throws Error when there is none; callers start the embedded one first. */
  get databaseUrl(): string {
    if (this.env.DATABASE_URL === undefined)
      throw new Error('DATABASE_URL is not set, and no embedded PostgreSQL was started');
    return this.env.DATABASE_URL;
  }

  /** `databaseUrl`, parsed. @throws Error as `databaseUrl` does */
  get databaseAddress(): DatabaseAddress {
    return parseDatabaseUrl(this.databaseUrl);
  }

  /** With the database URL for changes of the schema: DATABASE_MIGRATION_URL if it is set. */
  get forMigrations(): Config {
    return this.with({ DATABASE_URL: this.env.DATABASE_MIGRATION_URL ?? this.env.DATABASE_URL });
  }

  /** The role of DATABASE_URL, if it is another one than that of DATABASE_MIGRATION_URL; otherwise null. */
  get runtimeRole(): string | null {
    const { user } = this.databaseAddress;
    return user === this.forMigrations.databaseAddress.user ? null : user;
  }

  /** Networks in which gateways may be dialled. The default includes loopback outside production. */
  get gatewayNetworks(): AllowedNetworks {
    const byDefault = this.isProduction ? DEFAULT_NETWORKS : `${DEFAULT_NETWORKS}, ${LOOPBACK_NETWORKS}`;
    return new AllowedNetworks(this.env.GATEWAY_NETWORKS ?? networksOf(byDefault));
  }

  /** Addresses of proxies whose `X-Forwarded-For` is believed; null if there are none. */
  get trustedProxies(): AllowedNetworks | null {
    return this.env.TRUSTED_PROXIES.length === 0 ? null : new AllowedNetworks(this.env.TRUSTED_PROXIES);
  }

  /** Whether several replicas share the gateways of the database. */
  get isShared(): boolean {
    return this.env.NATS_URL !== undefined;
  }

  /**
   * How often the sessions are compared with the table. More often where replicas share the gateways: a change at another replica that could
   * not be told is found so.
   */
  get reconcileIntervalMs(): number {
    const { RECONCILE_INTERVAL_MS: ms } = this.env;
    return this.isShared ? Math.min(ms, SHARED_RECONCILE_MS) : ms;
  }

  /** Reads the certificate of the service. Null if it serves plain HTTP. @throws TlsFilesError */
  readTlsCertificate(): TlsCertificate | null {
    const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = this.env;
    return certFile === undefined || keyFile === undefined ? null : readTlsFiles(certFile, keyFile);
  }

  /** The same configuration with some values replaced. */
  with(changes: Partial<Env>): Config {
    return new Config({ ...this.env, ...changes }, this.warnings);
  }
}

/**
 * Reads the configuration from variables; an empty value counts as unset.
 * @param warnings about the variables
 * @throws ConfigError naming every variable that is wrong, and what was expected.
 */
export function parseConfig(variables: Record<string, string | undefined>, warnings: readonly string[] = []): Config {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''));
  const result = envSchema.safeParse(set);
  if (result.success) return new Config(result.data, warnings);

  throw new ConfigError(result.error.issues.map(({ path, message }) => [String(path[0]), message]));
}

/**
 * Reads the configuration of this process, once: it removes the secrets from the environment. Outside production, a `.env` file provides
 * variables that the environment does not set.
 * @param overrides variables that replace those of the environment, in either form of a secret
 * @throws ConfigError as `parseConfig` does.
 */
export function loadConfig(overrides: Record<string, string | undefined> = {}): Config {
  const isProduction = process.env['NODE_ENV'] === 'production';
  if (!isProduction && existsSync('.env')) process.loadEnvFile('.env');
  const { variables, warnings } = readSecretFiles(process.env);
  const config = parseConfig({ ...variables, ...overrides }, warnings);
  forgetSecrets(process.env);
  return config;
}
