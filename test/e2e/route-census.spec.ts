import { Controller, Get, HttpStatus } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants';
import { RouteConfig } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app/create-app';
import { SCOPES } from '../../src/common/actor';
import { parseConfig } from '../../src/config/config';
import { HealthModule } from '../../src/health/health.module';
import { operationsOf } from '../fuzz/document';
import type { Document } from '../fuzz/document';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';

const PUBLIC = [
  'DELETE /api/session',
  'GET /api/health',
  'GET /api/health/live',
  'GET /api/health/ready',
  'POST /api/session',
];

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

function anApp() {
  const variables = { NODE_ENV: 'test', LOG_LEVEL: 'silent', AUTH: 'keys', DATABASE_URL: database.url, ENCRYPTION_KEY };
  return createApp(parseConfig(variables));
}

describe('the start', () => {
  @Controller('things')
  class UndeclaredController {
    @Get()
    list(): string[] {
      return [];
    }
  }

  @Controller()
  class RootController {
    @Get()
    root(): string {
      return '';
    }
  }

  @Controller('things')
  class WithoutPermissionController {
    @Get(':id')
    @RouteConfig({ input: { queryNames: [] } })
    get(): string {
      return '';
    }
  }

  it.each([
    ['GET /api/things', UndeclaredController],
    ['GET /api', RootController],
    ['GET /api/things/:id', WithoutPermissionController],
  ])('SEC-03: fails with the route %s, which has no permission', async (route, controller) => {
    const controllers = Reflect.getMetadata(MODULE_METADATA.CONTROLLERS, HealthModule) as unknown[];
    Reflect.defineMetadata(MODULE_METADATA.CONTROLLERS, [...controllers, controller], HealthModule);
    const app = await anApp();
    try {
      await expect(app.init()).rejects.toThrow(`${route} needs @Operation`);
    } finally {
      Reflect.defineMetadata(MODULE_METADATA.CONTROLLERS, controllers, HealthModule);
      await app.close();
    }
  });
});

it('SEC-03: every route is an operation of the document, with the same permission, and few are public', async () => {
  const app = await anApp();
  const routes: [route: string, permission: string | undefined][] = [];
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onRoute', ({ method, url, config }) => {
    if (method !== 'HEAD') routes.push([`${String(method)} ${url}`, config?.permission]); // HEAD routes are those of GET.
  });
  await app.init();
  const { statusCode, payload } = await server.inject({ url: '/docs-json', headers: { host: 'localhost' } });
  await app.close();
  expect(statusCode).toBe(HttpStatus.OK);

  const operations = operationsOf(JSON.parse(payload) as Document);
  const declared = operations.map(({ method, path, scope }) => [`${method} ${path.replace('{id}', ':id')}`, scope]);
  expect(routes.length).toBeGreaterThan(30);
  expect(routes.sort()).toEqual([...declared, ['HEAD,GET /docs/*', undefined]].sort());
  const withScope = (wanted: string) =>
    operations.filter(({ scope }) => scope === wanted).map(({ method, path }) => `${method} ${path}`);
  expect(withScope('public').sort()).toEqual(PUBLIC);
  expect(withScope('any').sort()).toEqual(['GET /api/about', 'GET /api/me', 'GET /api/roles', 'GET /api/session']);
  for (const { scope } of operations) expect(['public', 'any', ...SCOPES]).toContain(scope);
});

const ENCRYPTION_KEY = Buffer.alloc(32, 7).toString('base64');
