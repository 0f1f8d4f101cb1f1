import type { OpenAPIObject } from '@nestjs/swagger';
import { RATE_LIMITS } from '../../src/http/contract/rate-limit';
import { createDocument } from '../../src/http/openapi/openapi';
import { randomUUID } from 'node:crypto';
import { startTestApp } from '../support/create-app';
import { withClient } from '../support/database';
import { aHub } from '../support/hub';

/** The operations with a limit, by kind. */
const LIMITED: Record<string, readonly string[]> = {
  tests: ['testGatewayDraft', 'testGateway'],
  orders: ['connectGateway', 'disconnectGateway', 'refreshInventory', 'createBackfill', 'createAcquisition'],
  'bulk orders': ['orderConnections'],
  creates: ['createOrganization', 'createFactory', 'createGateway', 'createSchedule'],
  searches: [
    'listOrganizations',
    'listFactories',
    'listGateways',
    'listConnections',
    'listSensors',
    'listFleetFactories',
    'listFleetOrganizations',
    'listSchedules',
  ],
  keys: ['createKey', 'updateKey', 'rotateKey', 'revokeKey'],
  'sign-ins': ['createSession'],
};

/** Three tests, twelve orders, sixty creates, thirty searches and one sign-in a minute. */
const hub = aHub({ RATE_LIMIT_FACTOR: '0.1' });

describe('SEC-24: rate limits', () => {
  it('SEC-24: answers 429 with the time to wait when a caller tests too often, and still serves everything else', async () => {
    for (const left of ['2', '1', '0']) {
      const { headers } = await hub.http.post('/api/gateways/test').send({}).expect(400);
      expect(headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': left });
    }
    const refused = await hub.http.post(`/api/gateways/${randomUUID()}/test`).send({}).expect(429);
    expect(refused.body).toEqual({
      error: { statusCode: 429, code: 'TOO_MANY_REQUESTS', message: 'More than 3 tests within a minute' },
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(refused.headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-remaining': '0' });
    await hub.http.get('/api/gateways').expect(200);
    await hub.http.post(`/api/gateways/${randomUUID()}/connect`).expect(404);
  });

  it.each([
    [
      'believes a trusted proxy, and takes the last address that is not one',
      '127.0.0.0/8, 10.0.0.5/32',
      201,
      '10.9.9.9',
    ],
    ['does not believe anybody else', '10.0.0.5/32', 429, null],
  ])('SEC-24: %s', async (_what, proxies, status, address) => {
    const service = await startTestApp({ RATE_LIMIT_FACTOR: '0.0001', TRUSTED_PROXIES: proxies });
    const create = (forwarded: string) =>
      service.http.post('/api/organizations').set('x-forwarded-for', forwarded).send({ name: 'Acme' });
    await create('192.0.2.1, 10.9.9.8, 10.0.0.5').expect(201);
    await create('192.0.2.1, 10.9.9.9, 10.0.0.5').expect(status);
    await create('192.0.2.2, 10.9.9.9').expect(429);
    const { rows } = await withClient(service.database.url, (client) =>
      client.query<{ address: string }>('SELECT host(address) AS address FROM audit_log ORDER BY id DESC LIMIT 1'),
    );
    expect(rows).toEqual([{ address: address ?? '127.0.0.1' }]);
    await service.close();
  });

  it('SEC-24: uses the address of the connection if a trusted proxy passes on something else', async () => {
    const service = await startTestApp({ RATE_LIMIT_FACTOR: '1', TRUSTED_PROXIES: '0.0.0.0/0' });
    for (const forwarded of ['unknown', "'; DROP TABLE audit_log", '10.0.0.1:443']) {
      await service.http.post('/api/organizations').set('x-forwarded-for', forwarded).send({ name: 'A' }).expect(201);
    }
    await service.close();
  });

  it('SEC-24: answers 429 to one who signs in too often', async () => {
    const signIn = () => hub.http.post('/api/session').send({ api_key: 'x' });
    await signIn().expect(409);
    await signIn().expect(429, /More than 1 sign-ins within a minute/);
  });

  it('SEC-24: sends no RateLimit headers on hot reads', async () => {
    for (const path of ['/api/gateways', '/api/connections', `/api/organizations?limit=1`, '/api/health']) {
      expect((await hub.http.get(path).expect(200)).headers).not.toHaveProperty('ratelimit-limit');
    }
    const { headers } = await hub.http.get('/api/gateways?search=press').expect(200);
    expect(headers).toMatchObject({ 'ratelimit-limit': '30', 'ratelimit-remaining': '29' });
  });

  it('SEC-24: has a limit for the operations of each kind, and documents its 429', () => {
    const documented = operationsOf(createDocument(hub.app)).filter(({ codes }) => codes.includes('TOO_MANY_REQUESTS'));
    expect(documented.map(({ id }) => id).sort()).toEqual(Object.values(LIMITED).flat().sort());
    const tests = documented.find(({ id }) => id === 'testGateway');
    expect(tests?.codes.sort()).toEqual(['ACCOUNT_BUDGET_SPENT', 'TOO_MANY_REQUESTS']);
    expect(Object.keys(RATE_LIMITS)).toEqual(expect.arrayContaining(Object.keys(LIMITED)));
  });
});

/** The operations of the document, each with the codes of its 429. */
function operationsOf({ paths }: OpenAPIObject): { id: string; codes: string[] }[] {
  return Object.values(paths).flatMap((path) =>
    [path.get, path.post, path.put, path.delete].flatMap((operation) => {
      const response = operation?.responses['429'];
      if (!operation || !response || !('content' in response)) return [];
      return [
        {
          id: operation.operationId ?? '',
          codes: Object.keys(response.content?.['application/json']?.examples ?? {}),
        },
      ];
    }),
  );
}
