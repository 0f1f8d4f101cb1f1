import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../common/package-folder';
import { errorEnvelope } from '../http/contract/error.dto';

/** Where the build puts the console. */
const WEB = join(packageFolder, 'dist/web');

const NOT_BUILT = errorEnvelope(404, 'NOT_FOUND', 'The console is not built: run npm run build');

/**
 * Serves the console at `/console/`: the files of its build, and its one page for every other path below. `/` leads a browser there.
 * @param root the folder of the build
 */
export async function serveConsole(app: NestFastifyApplication, root = WEB): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  await server.register(fastifyStatic, {
    root: join(root, 'assets'),
    prefix: '/console/assets/',
    decorateReply: false, // Swagger UI's own registration may come later, and decorates.
    index: false,
    preCompressed: true,
    immutable: true, // Their names contain a hash of what is in them.
    maxAge: '1y',
  });
  servePage(server, readPage(root));
}

function servePage(server: FastifyInstance, page: string | null): void {
  const answer = ({ url }: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (page === null) return reply.status(404).send(NOT_BUILT);
    return reply
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(page.replaceAll('"./assets/', `"${pathToConsole(url)}assets/`));
  };
  server.get('/console/*', answer);
  // The router takes `/console/` for `/console`; from that, the relative addresses of the page would lead elsewhere.
  server.get('/console', (request, reply) =>
    request.url.startsWith('/console/') ? answer(request, reply) : reply.redirect('console/'),
  );
  server.get('/', ({ headers: { accept = '' } }, reply) => {
    if (accept.includes('text/html')) return reply.redirect('console/');
    return reply.status(404).send(errorEnvelope(404, 'NOT_FOUND', 'Route not found'));
  });
}

/** The relative way from a page to `/console/`, so that the console works behind a proxy that strips a prefix. */
function pathToConsole(url: string): string {
  const [path = ''] = url.slice('/console/'.length).split('?');
  return '../'.repeat(path.split('/').length - 1) || './';
}

/** Null if the console is not built, as when the service runs from its sources. */
function readPage(root: string): string | null {
  try {
    return readFileSync(join(root, 'index.html'), 'utf8');
  } catch {
    return null;
  }
}
