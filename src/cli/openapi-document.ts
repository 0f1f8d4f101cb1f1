import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from '../app.module';
import { parseConfig } from '../config/config';
import { createDocument } from '../openapi/openapi';

/** The document as it is committed. No database and no key: the modules are looked at, and nothing of them is made. */
export async function openApiDocument(): Promise<string> {
  const app = await NestFactory.create(AppModule.forRoot(parseConfig({})), new FastifyAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  app.setGlobalPrefix('api');
  return `${JSON.stringify(createDocument(app), null, 2)}\n`;
}
