import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { validateRequests } from './request-validation';

describe('the validation of requests', () => {
  let server: FastifyInstance;

  beforeEach(() => {
    server = fastify();
    validateRequests(server);
  });
  afterEach(() => server.close());

  it('SEC-03: rejects the registration of an API route without an input or a permission', () => {
    expect(() => server.get('/api/things', () => 'unchecked')).toThrow('GET /api/things needs @Operation');
    const config = { input: { queryNames: [], repeatableNames: [] } };
    expect(() => server.get('/api/others', { config }, () => 'unchecked')).toThrow('GET /api/others needs @Operation');
    expect(() => server.get('/api', () => 'unchecked')).toThrow('GET /api needs @Operation');
    server.get('/docs', () => 'a page');
  });

  it('passes the values parsed by the schemas to the handler', async () => {
    const input = {
      params: z.strictObject({ id: z.string().toUpperCase() }),
      query: z.strictObject({ limit: z.coerce.number() }),
      body: z.strictObject({ name: z.string().trim() }),
      queryNames: ['limit'],
      repeatableNames: [],
    };
    server.put('/api/things/:id', { config: { input, permission: 'gateways:write' } }, ({ params, query, body }) => ({
      params,
      query,
      body,
    }));

    const answer = await server.inject({ method: 'PUT', url: '/api/things/a?limit=2', payload: { name: ' x ' } });
    expect(answer.json()).toEqual({ params: { id: 'A' }, query: { limit: 2 }, body: { name: 'x' } });

    const refused = await server.inject({ method: 'PUT', url: '/api/things/a?limit=2', payload: { name: 1 } });
    expect(refused.json()).toMatchObject({ message: 'The request is not valid' });
    expect((await server.inject({ method: 'PUT', url: '/api/things/?limit=2', payload: {} })).statusCode).toBe(404);
  });
});
