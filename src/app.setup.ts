import cors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger, PinoLogger } from 'nestjs-pino';
import { AppModule } from './app.module';
import type { Config } from './config/config';
import { MAX_HEADER_BYTES, refuseConnection, refuseMissingHost } from './http/connection-refusals';
import { acceptOnlyJson } from './http/json-body';
import { logRequests, requestIdOf } from './http/request-log';
import { MAX_URL_LENGTH, readableUrl, refuseUnreadableUrl } from './http/request-url';
import { addSecurityHeaders } from './http/security-headers';
import { serveDocs } from './openapi/openapi';

const BODY_LIMIT_BYTES = 1024 * 1024;
const LOOPBACK_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Builds the application as it runs: `main.ts` and the e2e tests share every setting. It does not listen yet. */
export async function createApp(config: Config): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), createAdapter(), {
    bufferLogs: true,
    bodyParser: false,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  app.flushLogs();
  app.setGlobalPrefix('api');

  const server = app.getHttpAdapter().getInstance();
  acceptOnlyJson(server);
  logRequests(server, await app.resolve(PinoLogger));
  server.addHook('onRequest', addSecurityHeaders);
  await app.register(cors, {
    origin: allowedOrigins(config),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: ['location', 'x-request-id'],
    strictPreflight: false, // It would refuse an OPTIONS that is no preflight in a format of its own.
  });
  server.addHook('onRequest', refuseMissingHost);
  server.addHook('onRequest', refuseUnreadableUrl);
  // Node would refuse what it does not know with an empty answer. RFC 9110, section 10.1.1, lets a server pass over it.
  server.server.on('checkExpectation', (request, response) => server.routing(request, response));
  closeIdleConnectionsOnShutdown(app);
  serveDocs(app);
  return app;
}

function createAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: requestIdOf,
    requestIdHeader: false, // requestIdOf reads it, and takes only what is fit for a log.
    routerOptions: { maxParamLength: MAX_URL_LENGTH }, // An overlong id is a malformed id, not an overlong URL.
    rewriteUrl: readableUrl,
    http: { maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false }, // refuseMissingHost says it in our format.
    return503OnClosing: false, // A request that got in while the service ends is answered, and its connection with it.
    clientErrorHandler: refuseConnection,
  });
}

function allowedOrigins({ env, isProduction }: Config): string[] | RegExp | false {
  if (env.CORS_ORIGINS) return env.CORS_ORIGINS;
  return isProduction ? false : LOOPBACK_ORIGIN;
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
