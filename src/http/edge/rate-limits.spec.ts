import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { ANONYMOUS } from '../../common/actor';
import type { Actor } from '../../common/actor';
import type { RateLimit } from '../contract/rate-limit';
import { toErrorResponse } from '../errors/error-response';
import { limitRates } from './rate-limits';

const key = (id: string): Actor => ({ ...ANONYMOUS, kind: 'key', id });

/** A server with two routes of the kind `tests`, one of the kind `keys`, and a list. Its limits are one request per minute. */
async function aServer(actor: () => Actor, factor = 1 / 30): Promise<FastifyInstance> {
  const server = fastify({ trustProxy: true });
  server.decorateRequest('actor', null as unknown as Actor);
  server.addHook('onRequest', (request, _reply, done) => {
    request.actor = actor();
    request.address = request.ip;
    done();
  });
  server.setErrorHandler((error, _request, reply) => {
    const response = toErrorResponse(error, 0);
    void reply.status(response?.error.statusCode ?? 500).send(response);
  });
  await limitRates(server, factor);
  const add = (url: string, limit?: RateLimit) => server.get(url, { config: { limit } }, () => 'done');
  add('/test', 'tests');
  add('/other-test', 'tests');
  add('/keys', 'keys');
  add('/list', 'searches');
  add('/row');
  return server;
}

const statusOf = async (server: FastifyInstance, url: string, address = '10.0.0.1') =>
  (await server.inject({ url, headers: { 'x-forwarded-for': address } })).statusCode;

describe('limitRates', () => {
  afterEach(() => jest.restoreAllMocks());

  it('SEC-24: counts the operations of one kind together, and each kind for itself', async () => {
    const server = await aServer(() => ANONYMOUS);
    expect(await statusOf(server, '/test')).toBe(200);
    expect(await statusOf(server, '/other-test')).toBe(429);
    expect(await statusOf(server, '/keys')).toBe(200);
  });

  it('SEC-24: counts anonymous callers by address, and IPv6 by /64', async () => {
    const server = await aServer(() => ANONYMOUS);
    expect(await statusOf(server, '/test', '10.0.0.1')).toBe(200);
    expect(await statusOf(server, '/test', '10.0.0.2')).toBe(200);
    expect(await statusOf(server, '/test', '::ffff:10.0.0.1')).toBe(429);
    expect(await statusOf(server, '/test', 'fd00::1')).toBe(200);
    expect(await statusOf(server, '/test', 'fd00::2')).toBe(429);
  });

  it('SEC-24: counts a key from all its addresses, and two keys from one address separately', async () => {
    let actor = key('first');
    const server = await aServer(() => actor);
    expect(await statusOf(server, '/test', '10.0.0.1')).toBe(200);
    expect(await statusOf(server, '/test', '10.0.0.2')).toBe(429);
    actor = key('second');
    expect(await statusOf(server, '/test', '10.0.0.1')).toBe(200);
  });

  it('SEC-24: starts a new count after a minute', async () => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(1_000_000);
    const server = await aServer(() => ANONYMOUS);
    await statusOf(server, '/test');
    now.mockReturnValue(1_059_999);
    expect(await statusOf(server, '/test')).toBe(429);
    now.mockReturnValue(1_060_000);
    expect(await statusOf(server, '/test')).toBe(200);
  });

  it('SEC-24: counts a list only if it searches, and leaves operations without a limit alone', async () => {
    const server = await aServer(() => ANONYMOUS, 1 / 300);
    const { headers } = await server.inject({ url: '/list?search=a' });
    expect(headers).toMatchObject({ 'ratelimit-limit': '1', 'ratelimit-remaining': '0' });
    expect((await server.inject({ url: '/list?search=b' })).statusCode).toBe(429);
    for (const url of ['/list', '/list?limit=1', '/row']) {
      const { statusCode, headers: others } = await server.inject({ url });
      expect(statusCode).toBe(200);
      expect(others).not.toHaveProperty('ratelimit-limit');
    }
  });

  it('SEC-24: has no limit with factor 0, and never one below one request', async () => {
    const off = await aServer(() => ANONYMOUS, 0);
    for (let sent = 0; sent < 50; sent += 1) expect(await statusOf(off, '/test')).toBe(200);
    const tiny = await aServer(() => ANONYMOUS, 0.0001);
    expect(await statusOf(tiny, '/test')).toBe(200);
    expect(await statusOf(tiny, '/test')).toBe(429);
  });
});
