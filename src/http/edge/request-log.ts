import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';
import type { Actor } from '../../common/actor';
import { plainLogger } from '../../common/plain-logger';
import type { PlainLogger } from '../../common/plain-logger';

/** Version 00 of https://www.w3.org/TR/trace-context/#traceparent-header. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const USABLE_REQUEST_ID = /^[\w.:-]{1,64}$/;
const MAX_LOGGED_PATH = 200; // No route is this long. A longer path is refused and need not fill the log.

/** The client's own request id if it is fit for a log, so that a request can be followed through several services. Otherwise a new id. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && USABLE_REQUEST_ID.test(given) ? given : randomUUID();
}

/** The client's trace, for its line in the log; nothing without one. */
function traceOf({ headers: { traceparent } }: FastifyRequest): { readonly traceparent?: string } {
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {};
}

/** A request whose response has ended, or whose client has hung up. */
export interface EndedRequest {
  /** The settings of its route, the same object for all its requests. Without a url if there is no such route. */
  readonly route: { readonly url?: string; readonly method?: unknown };
  readonly method: string;
  /** That of the response so far, if the client has hung up. */
  readonly status: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/**
 * Logs one line for each request, and sends its id in the response. The query is left out, because it is the client's data.
 * The line is written when the response closes, which happens once, even if the client hangs up before the response.
 * @param onEnded called for each request, also then
 */
export function logRequests(
  server: FastifyInstance,
  root: PinoLogger,
  onEnded: (request: EndedRequest) => void = () => undefined,
): void {
  const loggerOf = loggersByActor(root);
  server.decorateRequest('address', undefined);
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    request.address = addressOf(request);
    reply.raw.once('close', () => {
      const { id: requestId, method, address: remoteAddress } = request;
      const ms = reply.elapsedTime;
      const durationMs = Math.round(ms * 10) / 10;
      const path = pathOf(request.originalUrl);
      const status = reply.statusCode;
      const line = { requestId, ...traceOf(request), method, path, status, durationMs, remoteAddress };
      loggerOf(request).info(reply.raw.writableFinished ? line : { ...line, isCut: true }, 'request');
      onEnded({ route: request.routeOptions.config, method, status, ms });
    });
    done();
  });
}

/** Returns the logger of a request. There is one for each actor, because a logger serializes the fields of all its lines only once. */
function loggersByActor(root: PinoLogger): (request: FastifyRequest) => PlainLogger {
  const nobody = plainLogger(root);
  const loggers = new WeakMap<Actor, PlainLogger>();
  return (request) => {
    const actor = knownActor(request);
    if (!actor) return nobody;
    const known = loggers.get(actor);
    if (known) return known;
    const logger = plainLogger(root, { actorKind: actor.kind, actorId: actor.id });
    loggers.set(actor, logger);
    return logger;
  };
}

/** Who sent the request, if that is known: it may have been refused before it was looked at. */
function knownActor({ actor }: FastifyRequest): Actor | undefined {
  const known = actor as Actor | null;
  return known && known.kind !== 'anonymous' ? known : undefined;
}

function addressOf({ ip, raw }: FastifyRequest): string | undefined {
  const { remoteAddress } = raw.socket;
  // A proxy may pass on what its client wrote, which can be any text.
  return ip === remoteAddress || isIP(ip) ? ip : remoteAddress;
}

/** The path of a URL, as far as it is logged. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return url.slice(0, Math.min(query < 0 ? url.length : query, MAX_LOGGED_PATH));
}
