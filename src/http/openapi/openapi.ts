import type { INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cleanupOpenApiDoc } from '../contract/zod-dto';
import { errorEnvelope } from '../contract/error.dto';
import { version } from '../../common/version';
import { SESSION_COOKIE } from '../contract/session-cookie';
import { SECURITY_SCHEME, SESSION_SCHEME, tidy } from './tidy';

const DESCRIPTION = `Registers factories and gateways, holds one live session to every gateway, and reports its observed state.

- **Lists** are pages. **Errors** share one envelope: branch on \`error.code\`, which is stable; the message is for people.
- **Updates** change only the fields that you send. Unknown fields and query parameters are a 400.
- **Consistency**: after a successful change, the next status and list agree with it.
- **Concurrent changes**: send the \`ETag\` that you read in \`If-Match\`; if somebody has changed the resource meanwhile, the answer is a 412.
- **Retries**: GET, PUT and DELETE are safe to repeat, and so are \`connect\` and \`disconnect\`. A create is safe with an \`Idempotency-Key\`. A 429 says in \`Retry-After\` how many
  seconds to wait, and so does a 503 \`OWNERSHIP_UNCERTAIN\` or \`OWNER_UNREACHABLE\`. After a 500 or another 503, retry later.
- **Authentication**: send an API key in \`Authorization: Bearer gwh_…\`, never in a URL. \`x-required-scope\` of an operation names the
  scope that the key must have; \`any\`: every key will do; \`public\`: no key is needed. \`GET /api/me\` says what a key may do. Resources of
  other organizations are not found. Pages of this service may use the cookie of \`POST /api/session\` instead of a key. With \`AUTH=off\`, no
  operation needs a key.`;

/** Files that the page loads, apart from the generated initializer script. */
const FILES_OF_SWAGGER_UI = new Set([
  'favicon-16x16.png',
  'favicon-32x32.png',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'swagger-ui.css',
]);

/** The OpenAPI document, made from the same schemas that requests are checked with. */
export function createDocument(app: INestApplication): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Gateway hub')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    // Relative, because every installation has its own address.
    .addServer('/', 'The service that this document comes from')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key: `gwh_…`' }, SECURITY_SCHEME)
    .addCookieAuth(
      SESSION_COOKIE,
      { type: 'apiKey', in: 'cookie', description: 'A session of a browser: `POST /api/session`' },
      SESSION_SCHEME,
    )
    .addTag('organizations', 'Owners of factories')
    .addTag('factories', 'Sites where gateways are installed')
    .addTag('gateways', 'Registered gateways and their logins')
    .addTag('connections', 'Live sessions to gateways: status, commands, tests, history and stream')
    .addTag('sensors', 'Sensors and access points, as gateways report them')
    .addTag('readings', 'What sensors measured: statistics, waveforms, trends, feed and stream')
    .addTag('keys', 'API keys, and what the caller may do')
    .addTag('session', 'Signing in with a browser')
    .addTag('audit', 'Who did what: changes, orders, connection tests, commands, refused requests')
    .addTag('health', 'Health for people, probes for orchestrators')
    .build();
  return tidy(cleanupOpenApiDoc(SwaggerModule.createDocument(app, outline)));
}

/** Serves Swagger UI at `/docs`, limited to the files it needs, and the document at `/docs-json`. */
export function serveDocs(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route) => {
      if (route.url === '/docs/*') route.onRequest = refuseOtherFiles;
    });
  SwaggerModule.setup('docs', app, () => createDocument(app), { jsonDocumentUrl: 'docs-json' });
}

function refuseOtherFiles({ params }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { '*': file = '' } = params as { '*'?: string };
  if (FILES_OF_SWAGGER_UI.has(file)) done();
  else void reply.status(404).send(errorEnvelope(404, 'NOT_FOUND', 'Route not found'));
}
