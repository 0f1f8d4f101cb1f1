import type { FastifyInstance } from 'fastify';

/** For every body but those of gateways. */
export const BODY_LIMIT_BYTES = 32 * 1024;
/** A gateway may bring 64 KiB of certificates and 16 KiB of metadata. */
const GATEWAY_BODY_LIMIT_BYTES = 128 * 1024;
/** Create, change, and the two tests. */
const GATEWAY_BODIES = /^\/api\/gateways(\/:id)?(\/test)?$/;

/** Gives each route the smallest limit that its bodies fit in: what is parsed and checked keeps every other request waiting. */
export function limitBodies(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    if (GATEWAY_BODIES.test(route.url)) route.bodyLimit = GATEWAY_BODY_LIMIT_BYTES;
  });
}
