import { randomUUID } from 'node:crypto';
import { scopesOf } from '../../src/api-keys/roles';
import type { Role } from '../../src/api-keys/roles';
import { SCOPES } from '../../src/common/actor';
import { eventually } from '../support/eventually';
import { KeyedService } from '../support/keyed-service';

interface Operation {
  operationId: string;
  'x-required-scope': string;
  security: Record<string, unknown>[];
  responses: Record<string, { content?: Record<string, unknown> }>;
}

const PROBES = ['getHealth', 'getLiveness', 'getReadiness'];
/** Signing in and out, which refuse wrong keys and pages of others themselves. */
const SESSIONS = ['createSession', 'deleteSession'];
const SCHEMES = [{ apiKey: [] }, { session: [] }];
const ROLES = ['viewer', 'operator', 'admin'] as const;

let service: KeyedService;
let operations: { method: 'get' | 'post' | 'put' | 'delete'; path: string; operation: Operation }[];

beforeAll(async () => {
  service = await KeyedService.start();
  await eventually(() => service.get('/api/health/ready', null).expect(200));
  const { paths } = (await service.get('/docs-json')).body as {
    paths: Record<string, Record<string, Operation>>;
  };
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method as 'get',
      path: path.replaceAll(/\{\w+\}/g, randomUUID()),
      operation,
    })),
  );
});
afterAll(() => service.close());

describe('every operation', () => {
  it('SEC-03: names a scope, or is one of the public ones; the document says so', () => {
    const names = operations.map(({ operation }) => operation.operationId);
    const open = operations.filter(({ operation }) => operation['x-required-scope'] === 'public');
    expect(names.length).toBeGreaterThan(25);
    expect(open.map(({ operation }) => operation.operationId).sort()).toEqual([...SESSIONS, ...PROBES].sort());
    for (const { operation } of operations) {
      const { operationId, 'x-required-scope': scope, security, responses } = operation;
      expect(['public', 'any', ...SCOPES]).toContain(scope);
      expect(security).toEqual(scope === 'public' ? [{}, ...SCHEMES] : SCHEMES);
      if (!SESSIONS.includes(operationId))
        expect(['401', '403'].filter((status) => status in responses)).toHaveLength(scope === 'public' ? 0 : 2);
    }
  });

  it('SEC-02: is a 401 without a key, unless it is public', async () => {
    for (const { method, path, operation } of operations) {
      if (SESSIONS.includes(operation.operationId)) continue; // session.spec.ts shows what they answer.
      const { status, body } = (await service.send(method, path, null)) as { status: number; body: unknown };
      if (operation['x-required-scope'] === 'public') expect([path, status]).toEqual([path, 200]);
      else expect([path, status, body]).toMatchObject([path, 401, { error: { code: 'UNAUTHENTICATED' } }]);
    }
  });

  it.each(ROLES)(
    'SEC-07: is a 403 for a key of the role %s exactly if the role lacks its scope',
    async (role: Role) => {
      const organization = await service.organization();
      const { secret } = await service.make({ role, organization_id: organization });
      const scopes: readonly string[] = ['public', 'any', ...scopesOf(role, organization)];
      for (const { method, path, operation } of operations) {
        if ('text/event-stream' in (operation.responses['200']?.content ?? {})) continue; // It does not end.
        const { status } = await service.send(method, path, secret);
        const isAllowed = scopes.includes(operation['x-required-scope']);
        expect([method, path, status === 403]).toEqual([method, path, !isAllowed]);
        expect(status).not.toBe(401);
        expect(status).toBeLessThan(500);
      }
    },
  );
});
