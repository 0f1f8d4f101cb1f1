import cors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PinoLogger } from 'nestjs-pino';
import { AppModule } from './app.module';
import { RefusedRequests } from '../audit/refused-requests';
import type { Config } from '../config/config';
import type { TlsCertificate } from '../config/tls-files';
import { BODY_LIMIT_BYTES, limitBodies } from '../http/edge/body-limits';
import { MAX_HEADER_BYTES, refuseConnection, refuseMissingHost } from '../http/edge/connection-refusals';
import { hostGuard } from '../http/edge/host-guard';
import { HTTP_TIMES } from '../http/edge/http-times';
import type { HttpTimes } from '../http/edge/http-times';
import { serveConsole } from '../console/console';
import { CredentialCipher } from '../crypto/credential-cipher';
import { authenticateRequests } from '../http/edge/authentication';
import { handleSafeRepetition } from '../http/edge/safe-repetition';
import { acceptOnlyJson } from '../http/edge/json-body';
import { originGuard } from '../http/edge/origin-guard';
import { recordRefusals } from '../http/edge/refusal-record';
import { checkQueryNames } from '../http/edge/query-names';
import { buildSerializersLate } from '../http/contract/late-serializers';
import { limitRates } from '../http/edge/rate-limits';
import { logRequests, requestIdOf } from '../http/edge/request-log';
import { validateRequests } from '../http/edge/request-validation';
import { MAX_URL_LENGTH, readableUrl, refuseUnreadableUrl } from '../http/edge/request-url';
import { securityHeaders } from '../http/edge/security-headers';
import { MetricsAccess } from '../metrics/metrics-access';
import { MetricsPage } from '../metrics/metrics-page';
import { RequestDurations } from '../metrics/request-durations';
import { serveMetrics } from '../metrics/serve-metrics';
import { NestLogger } from '../logging/nest-logger';
import { serveDocs } from '../http/openapi/openapi';
import { CallerAuthenticator } from '../sign-in/caller-authenticator';

/** The default origin of Vite's development server. */
const DEVELOPMENT_ORIGIN = 'http://localhost:5173';

/** Response headers that pages of other origins may read. */
const EXPOSED_HEADERS = [
  ...['etag', 'idempotency-replayed', 'location', 'retry-after', 'x-request-id'],
  ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'],
  // Of waveforms.
  ...['x-axes', 'x-values-per-axis', 'x-unit', 'x-sample-rate-hz', 'x-samples-per-bucket', 'x-t0'],
];

/**
 * Builds the application with all its settings, which `main.ts` and the e2e tests share. It does not listen yet.
 * @param times HTTP time-outs
 */
export async function createApp(config: Config, times: HttpTimes = HTTP_TIMES): Promise<NestFastifyApplication> {
  const tls = config.readTlsCertificate();
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config),
    createAdapter(config, tls, times),
    {
      bufferLogs: true,
      autoFlushLogs: false, // A failed start is reported by the caller, without Nest's own log of it.
      bodyParser: false,
      abortOnError: false,
    },
  );
  const logger: PinoLogger = await app.resolve(PinoLogger);
  app.useLogger(new NestLogger(logger));
  app.flushLogs();
  app.setGlobalPrefix('api');

  const { env } = config;
  const origins = allowedOrigins(config);
  const server = app.getHttpAdapter().getInstance();
  server.server.maxConnections = env.HTTP_MAX_CONNECTIONS;
  limitBodies(server);
  acceptOnlyJson(server);
  logRequests(server, logger, env.METRICS_ENABLED ? app.get(RequestDurations).note : undefined);
  recordRefusals(server, app.get(RefusedRequests));
  server.addHook('onRequest', securityHeaders({ isTls: tls !== null }));
  server.addHook(
    'onRequest',
    hostGuard(config.auth === 'keys' && env.ALLOWED_HOSTS.length === 0 ? 'any' : env.ALLOWED_HOSTS),
  );
  if (origins.length > 0) {
    await app.register(cors, {
      origin: origins,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      exposedHeaders: EXPOSED_HEADERS,
      strictPreflight: false, // Strict mode refuses an OPTIONS request that is not a preflight, in its own error format.
    });
  }
  server.addHook('onRequest', originGuard(origins));
  authenticateRequests(server, config.auth === 'keys' ? app.get(CallerAuthenticator) : null);
  server.addHook('onRequest', refuseMissingHost);
  server.addHook('onRequest', refuseUnreadableUrl);
  server.addHook('onRequest', checkQueryNames);
  await limitRates(server, env.RATE_LIMIT_FACTOR);
  validateRequests(server);
  // After the validation: a fingerprint walks the body, which must not be nested too deeply for that.
  handleSafeRepetition(server, {
    fingerprintKey: app.get(CredentialCipher).deriveKey('idempotency_keys.fingerprint'),
    requireIfMatch: env.REQUIRE_IF_MATCH,
  });
  // Node would refuse an unknown Expect header with an empty response. RFC 9110, section 10.1.1, lets a server ignore it.
  server.server.on('checkExpectation', (request, response) => server.routing(request, response));
  closeIdleConnectionsOnShutdown(app);
  if (env.CONSOLE_ENABLED) await serveConsole(app);
  if (env.DOCS === 'on') serveDocs(app);
  if (env.METRICS_ENABLED) serveMetrics(server, app.get(MetricsPage), app.get(MetricsAccess));
  return app;
}

function createAdapter(config: Config, tls: TlsCertificate | null, times: HttpTimes): FastifyAdapter {
  const proxies = config.trustedProxies;
  const http = {
    maxHeaderSize: MAX_HEADER_BYTES,
    requireHostHeader: false, // refuseMissingHost answers in our error format.
    headersTimeout: times.headers,
    connectionsCheckingInterval: times.check,
  };
  return new FastifyAdapter({
    ...(tls ? { https: { ...http, ...tls, handshakeTimeout: times.headers } } : { http }),
    trustProxy: proxies ? (address) => proxies.allows(address) : false,
    skipMiddie: true, // There is no Express middleware.
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: requestIdOf,
    requestIdHeader: false, // requestIdOf reads the header, and accepts only values that are fit for a log.
    routerOptions: {
      maxParamLength: MAX_URL_LENGTH, // An overlong id is a malformed id, not an overlong URL.
      ignoreTrailingSlash: true,
    },
    rewriteUrl: readableUrl,
    requestTimeout: times.request,
    keepAliveTimeout: times.keepAlive,
    return503OnClosing: false, // A request that arrives during shutdown is answered, and its connection is then closed.
    clientErrorHandler: refuseConnection,
    schemaController: { compilersFactory: { buildSerializer: buildSerializersLate() } },
  });
}

/** Origins whose pages may call the API from a browser. */
function allowedOrigins({ env, isProduction }: Config): string[] {
  return [...(isProduction ? [] : [DEVELOPMENT_ORIGIN]), ...(env.CORS_ORIGINS ?? [])];
}

/** Kept-alive connections would delay the shutdown, so every response sends `connection: close` once the shutdown has begun. */
function closeIdleConnectionsOnShutdown(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  let isClosing = false;
  server.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done(null, payload);
  });
}
