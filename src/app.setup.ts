import cors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PinoLogger } from 'nestjs-pino';
import { AppModule } from './app.module';
import type { Config } from './config/config';
import { BODY_LIMIT_BYTES, limitBodies } from './http/body-limits';
import { MAX_HEADER_BYTES, refuseConnection, refuseMissingHost } from './http/connection-refusals';
import { hostGuard } from './http/host-guard';
import { HTTP_TIMES } from './http/http-times';
import type { HttpTimes } from './http/http-times';
import { acceptOnlyJson } from './http/json-body';
import { originGuard } from './http/origin-guard';
import { checkQueryNames } from './http/query-names';
import { logRequests, requestIdOf } from './http/request-log';
import { validateRequests } from './http/request-validation';
import { MAX_URL_LENGTH, readableUrl, refuseUnreadableUrl } from './http/request-url';
import { addSecurityHeaders } from './http/security-headers';
import { NestLogger } from './logging/nest-logger';
import { serveDocs } from './openapi/openapi';

/** The default origin of Vite's development server. */
const DEVELOPMENT_ORIGIN = 'http://localhost:5173';

/**
 * Builds the application as it runs: `main.ts` and the e2e tests share every setting. It does not listen yet.
 * @param times HTTP time-outs
 */
export async function createApp(config: Config, times: HttpTimes = HTTP_TIMES): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), createAdapter(times), {
    bufferLogs: true,
    autoFlushLogs: false, // A failed start is reported by the caller, without Nest's own log of it.
    bodyParser: false,
    abortOnError: false,
  });
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
  logRequests(server, logger);
  server.addHook('onRequest', addSecurityHeaders);
  server.addHook('onRequest', hostGuard(env.ALLOWED_HOSTS));
  if (origins.length > 0) {
    await app.register(cors, {
      origin: origins,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      exposedHeaders: ['location', 'retry-after', 'x-request-id'],
      strictPreflight: false, // It would refuse an OPTIONS that is no preflight in a format of its own.
    });
  }
  server.addHook('onRequest', originGuard(origins));
  server.addHook('onRequest', refuseMissingHost);
  server.addHook('onRequest', refuseUnreadableUrl);
  server.addHook('onRequest', checkQueryNames);
  validateRequests(server);
  // Node would refuse what it does not know with an empty answer. RFC 9110, section 10.1.1, lets a server pass over it.
  server.server.on('checkExpectation', (request, response) => server.routing(request, response));
  closeIdleConnectionsOnShutdown(app);
  if (env.DOCS === 'on') serveDocs(app);
  return app;
}

function createAdapter(times: HttpTimes): FastifyAdapter {
  return new FastifyAdapter({
    skipMiddie: true, // There is no Express middleware.
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: requestIdOf,
    requestIdHeader: false, // requestIdOf reads it, and takes only what is fit for a log.
    routerOptions: {
      maxParamLength: MAX_URL_LENGTH, // An overlong id is a malformed id, not an overlong URL.
      ignoreTrailingSlash: true,
    },
    rewriteUrl: readableUrl,
    requestTimeout: times.request,
    keepAliveTimeout: times.keepAlive,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false, // refuseMissingHost answers in our error format.
      headersTimeout: times.headers,
      connectionsCheckingInterval: times.check,
    },
    return503OnClosing: false, // A request that got in while the service ends is answered, and its connection with it.
    clientErrorHandler: refuseConnection,
  });
}

/** Origins whose pages may call the API from a browser. */
function allowedOrigins({ env, isProduction }: Config): string[] {
  return [...(isProduction ? [] : [DEVELOPMENT_ORIGIN]), ...(env.CORS_ORIGINS ?? [])];
}

/** A connection kept alive would hold up the end: once it has begun, every answer says that it is the last on its connection. */
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
