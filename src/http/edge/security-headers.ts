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

/** The console brings its own scripts and styles, and asks nobody but the service. */
const forConsole = recommended({
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  imgSrc: ["'self'", 'data:'],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
});

/**
 * Adds the headers that Helmet recommends, with the strictest content policy for the kind of response.
 * @param isTls whether the service itself serves HTTPS; browsers then use nothing else for its name (RFC 6797)
 */
export function securityHeaders({ isTls }: { readonly isTls: boolean }) {
  const [docs, console, data] = [forDocs, forConsole, forData].map((headers) =>
    isTls ? { ...headers, 'strict-transport-security': HSTS } : headers,
  ) as [Headers, Headers, Headers];
  return ({ raw }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const url = raw.url ?? '';
    reply.headers(isBelow('/docs', url) ? docs : isBelow('/console', url) ? console : data);
    done();
  };
}

/** Whether a URL is a path or below it: `/docs-json` is data, not a page. */
function isBelow(path: string, url: string): boolean {
  return url.startsWith(path) && [undefined, '/', '?'].includes(url[path.length]);
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
