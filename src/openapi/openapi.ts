import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import { version } from '../common/version';
import { tidy } from './tidy';

const DESCRIPTION = `Knows your factories and gateways, holds one live session to every gateway, and tells the truth about it.

Lists are pages, ordered by name, then id. Every error has the same shape; branch on its code. There is no authentication yet:
bind the service to a private address, or put it behind a proxy.`;

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

/** Serves Swagger UI at `/docs` and the document at `/docs-json`. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), { jsonDocumentUrl: 'docs-json' });
}
