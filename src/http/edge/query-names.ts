import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorEnvelope } from '../contract/error.dto';
import type { ErrorDetail } from '../contract/error.dto';
import type { RequestInput } from '../contract/request-input';
import { MAX_DETAILS, REQUEST_INVALID } from '../contract/validation';

/** Refuses query parameters that the route does not have, and those that are given more than once without being lists. Drops `_`, a cache buster. */
export function checkQueryNames(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { input } = request.routeOptions.config;
  if (!input) return done();
  const query = request.query as Record<string, unknown>;
  if ('_' in query) delete query['_'];
  const details = Object.entries(query).flatMap(([name, value]) => problemOf(name, value, input) ?? []);
  if (details.length === 0) return done();
  void reply.status(400).send(errorEnvelope(400, 'VALIDATION_ERROR', REQUEST_INVALID, details.slice(0, MAX_DETAILS)));
}

function problemOf(
  path: string,
  value: unknown,
  { queryNames: known, repeatableNames }: RequestInput,
): ErrorDetail | null {
  if (!known.includes(path)) {
    const list = known.length === 0 ? 'this route has no query parameters' : `known: ${known.join(', ')}`;
    return { path, message: `is not a known query parameter; ${list}`, code: 'unrecognized_keys' };
  }
  return Array.isArray(value) && !repeatableNames.includes(path)
    ? { path, message: 'must be given only once', code: 'duplicate_parameter' }
    : null;
}
