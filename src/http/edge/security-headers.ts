import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';

type Directives = Record<string, readonly string[]>;
type Headers = Readonly<Record<string, string>>;

/** Browser features that no response needs. */
const NO_FEATURES = ['camera', 'geolocation', 'microphone', 'payment', 'usb'].map((name) => `${name}=()`).join(', ');

/** Disables Helmet's headers that matter only to a page. Otherwise every API response would carry them. */
const WITHOUT_PAGE_HEADERS = {
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
} as const;

/** One year. Without subdomains, which may be other machines. */
const HSTS = 'max-age=31536000';

/**
 * For JSON: it loads nothing, must not be framed, and is outdated immediately. These are the headers that the OWASP REST Security Cheat
 * Sheet lists, and `cross-origin-resource-policy`.
 */
const forData: Headers = {
  ...recommended({ defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, WITHOUT_PAGE_HEADERS),
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
  styleSrc: ["'self'", "'unsafe-inline'"], // Swagger UI uses inline styles.
});

/**
 * Adds the headers that Helmet recommends, with the strictest content policy for the kind of response.
 * @param isTls whether the service itself serves HTTPS; browsers then use nothing else for its name (RFC 6797)
 */
export function securityHeaders({ isTls }: { readonly isTls: boolean }) {
  const [docs, data] = [forDocs, forData].map((headers) =>
    isTls ? { ...headers, 'strict-transport-security': HSTS } : headers,
  ) as [Headers, Headers];
  return ({ raw }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    reply.headers(isDocsPath(raw.url ?? '') ? docs : data);
    done();
  };
}

/** `/docs-json` is data, not a page. */
function isDocsPath(url: string): boolean {
  return url.startsWith('/docs') && (url.length === 5 || url[5] === '/' || url[5] === '?');
}

/** Computed once: the headers do not depend on the request. */
function recommended(directives: Directives, options: Partial<typeof WITHOUT_PAGE_HEADERS> = {}): Headers {
  const setHeaders = helmet({
    ...options,
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: false, // Added only if the service itself serves HTTPS; otherwise left to the proxy that does.
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
