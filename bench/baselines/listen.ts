import type { FastifyInstance } from 'fastify';

/** Listens on a free port, and prints the URL as the product does. */
export async function listen(server: FastifyInstance): Promise<void> {
  process.stdout.write(`listening on ${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
}
