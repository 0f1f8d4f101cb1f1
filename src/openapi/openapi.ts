import type { INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorEnvelope } from '../common/error.dto';
import { version } from '../common/version';
import { tidy } from './tidy';

const DESCRIPTION = `Knows your factories and gateways, holds one live session to every gateway, and tells the truth about it.

Lists are pages, ordered by name, then id. Every error has the same shape; branch on its code. There is no authentication yet:
bind the service to a private address, or put it behind a proxy.`;

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
    .addTag('organizations', 'The owners of factories')
    .addTag('factories', 'The places where gateways stand')
    .addTag('gateways', 'The registered gateways')
    .addTag('connections', 'The live sessions to them')
    .addTag('health', 'For people and orchestrators')
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
  else void reply.status(404).send(errorEnvelope(404, 'NOT_FOUND', 'There is no such route'));
}
