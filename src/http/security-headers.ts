import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';

type Directives = Record<string, readonly string[]>;
type Headers = Readonly<Record<string, string>>;

/** Features of a browser that no answer of ours has any use for. */
const NO_FEATURES = ['camera', 'geolocation', 'microphone', 'payment', 'usb'].map((name) => `${name}=()`).join(', ');

/** JSON loads nothing and runs nowhere, and what it says of the fleet is stale at once. */
const forData: Headers = {
  ...recommended({ defaultSrc: ["'none'"], frameAncestors: ["'none'"] }),
  'cache-control': 'no-store',
};

const forDocs = recommended({
  defaultSrc: ["'self'"],
  baseUri: ["'none'"],
  fontSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  imgSrc: ["'self'", 'data:'],
  objectSrc: ["'none'"],
  styleSrc: ["'self'", "'unsafe-inline'"], // Swagger UI writes styles into its elements.
});

/** Gives an answer the headers that Helmet recommends, with the narrowest content policy that its kind can live with. */
export function addSecurityHeaders({ raw }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  reply.headers(isOfDocs(raw.url ?? '') ? forDocs : forData);
  done();
}

/** `/docs-json` is data like any other. */
function isOfDocs(url: string): boolean {
  return url.startsWith('/docs') && (url.length === 5 || url[5] === '/' || url[5] === '?');
}

/** None of it depends on the request, so Helmet is asked once and not each time. */
function recommended(directives: Directives): Headers {
  const setHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: false, // Whoever adds TLS in front decides that for the whole domain.
    xFrameOptions: { action: 'deny' },
  });
  const headers: Record<string, string> = { 'permissions-policy': NO_FEATURES };
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  setHeaders({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error) throw error as Error;
  });
  return headers;
}
