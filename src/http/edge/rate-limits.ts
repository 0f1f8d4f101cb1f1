import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify';
import { countedAs } from '../contract/caller';
import { RATE_LIMITS, RateLimitReachedError } from '../contract/rate-limit';
import type { RateLimit } from '../contract/rate-limit';

const WINDOW_MS = 60_000;

/**
 * Limits how often a caller may use the operations that declare a `limit`. Other routes get no hook, so the limits cost them nothing.
 * The counts are kept in this process: each service of an installation counts for itself.
 * @param factor scales the limits; 0 turns them off
 */
export async function limitRates(server: FastifyInstance, factor: number): Promise<void> {
  if (factor === 0) return;
  await server.register(rateLimit, { global: false, enableDraftSpec: true });
  const kinds = Object.keys(RATE_LIMITS) as RateLimit[];
  const hooks = new Map(kinds.map((kind) => [kind, hookOf(server, kind, factor)]));
  server.addHook('onRoute', (route) => {
    const hook = route.config?.limit && hooks.get(route.config.limit);
    if (hook) route.onRequest = [hook, ...[route.onRequest ?? []].flat()];
  });
}

/** One hook for all routes of a kind, because each call of `rateLimit` makes a count of its own. */
function hookOf(server: FastifyInstance, kind: RateLimit, factor: number): onRequestHookHandler {
  const max = Math.max(1, Math.round(RATE_LIMITS[kind] * factor));
  const limit = server.rateLimit({
    max,
    timeWindow: WINDOW_MS,
    keyGenerator: countedAs,
    errorResponseBuilder: (_request, { ttl }) =>
      new RateLimitReachedError(`More than ${max} ${kind} within a minute`, Math.ceil(ttl / 1000)),
  });
  return (request, reply, done) => {
    if (kind === 'searches' && !isSearch(request)) return done();
    limit.call(server, request, reply).then(() => done(), done);
  };
}

function isSearch({ query }: FastifyRequest): boolean {
  return (query as { search?: unknown }).search !== undefined;
}
