import type { FastifyInstance } from 'fastify';

/** Default limit; gateways have their own. */
export const BODY_LIMIT_BYTES = 32 * 1024;
/** Room for 64 KiB of certificates and 16 KiB of metadata. */
const GATEWAY_BODY_LIMIT_BYTES = 128 * 1024;
/** Create, update, and the two tests. */
const GATEWAY_BODIES = /^\/api\/gateways(\/:id)?(\/test)?$/;

/** Gives each route the smallest sufficient limit: parsing and validating a body blocks all other requests. */
export function limitBodies(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    if (GATEWAY_BODIES.test(route.url)) route.bodyLimit = GATEWAY_BODY_LIMIT_BYTES;
  });
}
