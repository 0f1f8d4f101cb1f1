import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from '../app/app.module';
import { parseConfig } from '../config/config';
import { createDocument } from '../http/openapi/openapi';

/** The document as it is committed. Needs no database and no key: preview mode does not instantiate the modules. */
export async function openApiDocument(): Promise<string> {
  const app = await NestFactory.create(AppModule.forRoot(parseConfig({})), new FastifyAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  app.setGlobalPrefix('api');
  return `${JSON.stringify(createDocument(app), null, 2)}\n`;
}
