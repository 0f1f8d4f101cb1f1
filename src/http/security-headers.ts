import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';

const setHeaders = helmet({
  contentSecurityPolicy: {
    // Swagger UI has styles of its own; everything else is for JSON and needs nothing.
    directives: {
      defaultSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      upgradeInsecureRequests: null, // The service speaks plain HTTP; a proxy in front of it may add TLS.
    },
  },
  strictTransportSecurity: false, // Whoever adds TLS in front decides that for the whole domain.
});

/** What Helmet says of every answer. None of it depends on the request, so it is asked once and not each time. */
const securityHeaders = headersSetBy(setHeaders);

/** Gives an answer the headers that Helmet recommends. */
export function addSecurityHeaders(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  reply.headers(securityHeaders);
  done();
}

function headersSetBy(middleware: typeof setHeaders): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  middleware({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error) throw error as Error;
  });
  return headers;
}
