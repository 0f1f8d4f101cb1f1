import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { parseInput } from '../common/validation';

/** Validates the input of every operation; handlers get what its schemas make of it. */
export function validateRequests(server: FastifyInstance): void {
  server.addHook('onRoute', requireInput);
  server.addHook('preValidation', validateInput);
}

/** @throws Error if an operation does not declare its input, which would then reach the handler unchecked */
function requireInput({ method, url, config }: RouteOptions): void {
  if (url.startsWith('/api/') && !config?.input) throw new Error(`${String(method)} ${url} needs @ValidatedInput`);
}

function validateInput(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
  const { input } = request.routeOptions.config;
  if (!input) return done();
  if (hasEmptyParameter(request)) return reply.callNotFound();
  try {
    if (input.params) request.params = parseInput(input.params, request.params);
    if (input.query) request.query = parseInput(input.query, request.query);
    if (input.body) request.body = parseInput(input.body, request.body);
  } catch (error) {
    return done(error as Error);
  }
  done();
}

/** For a path such as `/api/gateways//`, the router reports a parameter that is empty. Nest answers it with 404 too, but only in the handler. */
function hasEmptyParameter({ params }: FastifyRequest): boolean {
  for (const name in params as object) if ((params as Record<string, string>)[name] === '') return true;
  return false;
}
