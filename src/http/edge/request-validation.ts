import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { parseInput } from '../contract/validation';
import { isApi } from './authentication';

/** Validates the input of every operation; handlers get the parsed values. */
export function validateRequests(server: FastifyInstance): void {
  server.addHook('onRoute', requireOperation);
  server.addHook('preValidation', validateInput);
}

/** @throws Error if a route of the API is no operation: its input would reach the handler unchecked, and it would need no permission */
function requireOperation({ method, url, config }: RouteOptions): void {
  if (!isApi(url) || (config?.input && config.permission)) return;
  throw new Error(`${String(method)} ${url} needs @Operation`);
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

/** The router gives a path such as `/api/gateways//` an empty parameter. Nest answers it with 404 too, but only in the handler. */
function hasEmptyParameter({ params }: FastifyRequest): boolean {
  for (const name in params as object) if ((params as Record<string, string>)[name] === '') return true;
  return false;
}
