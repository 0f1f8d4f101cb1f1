import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { Server } from 'node:tls';
import { createApp } from './create-app';
import { withEmbeddedDatabase } from './embedded-database';
import { exposureWarnings } from './exposure';
import { atMost } from '../common/at-most';
import type { Config } from '../config/config';
import { isUnverified } from '../config/database-url';
import { TlsFilesError } from '../config/tls-files';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres';
import type { EmbeddedPostgres } from '../embedded-postgres/embedded-postgres';
import type { EmbeddedPostgresEvent } from '../embedded-postgres/keep-server';
import { Ownership } from '../ownership/ownership';

/** Limits for two steps of the shutdown, which has ten seconds in all. */
const CLOSE_HTTP_MS = 2000;
const CLOSE_MS = 6000;
/** A replica waits for waveforms that are under way, and gives its gateways back. */
const CLOSE_REPLICA_MS = 21_000;
const SHUTDOWN_REPLICA_MS = 25_000;

/** A running service. */
export interface Service {
  readonly app: NestFastifyApplication;
  /** Where it listens. */
  readonly url: string;
  /** Resolves with a reason if the service cannot do its work and must be stopped. */
  readonly failed: Promise<string>;
  /** Reads the TLS certificate again, for new connections. Absent without TLS. */
  readonly reload?: () => void;
  /** Ends requests, sessions and the database, in this order. */
  stop(): Promise<void>;
  /** See `Running`. */
  readonly shutdownMs?: number;
}

/**
 * Starts the embedded database if the configuration names none, then the application, and listens.
 * @throws Error if one of them cannot start; nothing is left running then.
 */
export async function startService(config: Config): Promise<Service> {
  let tellAboutDatabase: (event: EmbeddedPostgresEvent) => void = () => undefined;
  const database = await ensureDatabase(config, (event) => tellAboutDatabase(event));
  try {
    const app = await createApp(database ? await withEmbeddedDatabase(config, database) : config);
    const logger = app.get(Logger);
    for (const warning of config.warnings) logger.warn(warning);
    if (!database && isUnverified(config.databaseAddress)) {
      logger.warn('the identity of the database server is not verified: use sslmode=verify-full in DATABASE_URL');
    }
    for (const warning of exposureWarnings(config)) logger.warn(warning);
    tellAboutDatabase = (event) => logDatabaseEvent(logger, event);
    await app.listen(config.env.PORT, config.host);
    const url = await app.getUrl();
    logger.log(`listening on ${url}${pagesOf(config, url)}`);
    const { failed, isShared } = app.get(Ownership);
    return {
      app,
      url,
      failed,
      ...(isShared && { shutdownMs: SHUTDOWN_REPLICA_MS }),
      ...(config.env.TLS_CERT_FILE !== undefined && { reload: () => reloadCertificate(app, config) }),
      stop: async () => {
        // First, accept no new requests. The limit keeps a request that waits for a lost database from delaying the other steps.
        await atMost(CLOSE_HTTP_MS, app.getHttpAdapter().getInstance().close());
        await atMost(isShared ? CLOSE_REPLICA_MS : CLOSE_MS, app.close());
        await database?.stop();
      },
    };
  } catch (error) {
    await database?.stop();
    throw error;
  }
}

/** What to open in a browser, as the end of a line of the log. */
function pagesOf({ env }: Config, url: string): string {
  const console = env.CONSOLE_ENABLED ? `, console on ${url}/console/` : '';
  return `${console}${env.DOCS === 'on' ? `, API documentation on ${url}/docs` : ''}`;
}

/** Keeps the present certificate if the files cannot be used. */
function reloadCertificate(app: NestFastifyApplication, config: Config): void {
  const logger = app.get(Logger);
  try {
    const server: unknown = app.getHttpServer();
    if (server instanceof Server) server.setSecureContext(config.readTlsCertificate() ?? {});
    logger.log('read the TLS certificate again');
  } catch (error) {
    if (!(error instanceof TlsFilesError)) throw error;
    logger.error(`the TLS certificate stays as it was: TLS_CERT_FILE and TLS_KEY_FILE ${error.message}`);
  }
}

async function ensureDatabase(
  { env }: Config,
  onEvent: (event: EmbeddedPostgresEvent) => void,
): Promise<EmbeddedPostgres | null> {
  if (env.DATABASE_URL !== undefined) return null;
  return startEmbeddedPostgres({ dataDir: env.DATA_DIR, onEvent });
}

function logDatabaseEvent(logger: Logger, event: EmbeddedPostgresEvent): void {
  switch (event.type) {
    case 'died':
      return logger.warn('the embedded PostgreSQL exited unexpectedly, restarting it');
    case 'restarted':
      return logger.log('the embedded PostgreSQL is running again');
    case 'restartFailed':
      return logger.warn(`the embedded PostgreSQL does not start (attempt ${event.attempt}): ${event.error.message}`);
  }
}
