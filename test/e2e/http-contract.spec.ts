import { once } from 'node:events';
import { connect } from 'node:net';
import { Client } from 'pg';
import type { Response } from 'supertest';
import { findFreePort } from '../../src/embedded-postgres/free-port';
import { addSensors } from '../support/add-sensors';
import { createFactory, createGateway } from '../support/builders';
import { captureLog } from '../support/captured-log';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { eventually } from '../support/eventually';

interface LogLine {
  readonly level: number;
  readonly time: string;
  readonly msg: string;
  readonly requestId?: string;
  readonly [field: string]: unknown;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ERROR = 50;

let service: TestApp;
let port: number;
let log: LogLine[];
/** What the log's stream got, as it is: one text for each write. */
const written: string[] = [];

// One logger lives as long as the process, so there is one application here, as it runs in production.
beforeAll(async () => {
  captureLog((text) => written.push(text));
  port = await findFreePort();
  service = await startTestApp({
    NODE_ENV: 'production',
    AUTH: 'off',
    GATEWAY_NETWORKS: '127.0.0.0/8',
    LOG_LEVEL: 'info',
    PORT: String(port),
  });
});

beforeEach(() => {
  written.length = 0;
  log = [];
});

afterAll(async () => {
  await service.close();
  jest.restoreAllMocks();
});

/** All lines so far. Throws when something is no line of JSON. */
function readLog(): LogLine[] {
  log = written.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as LogLine);
  return log;
}

/** The one line about a request, which is written when its answer is sent. */
function lineOf(answer: Response): Promise<LogLine> {
  return eventually(() => {
    const lines = readLog().filter(({ requestId, msg }) => requestId === idOf(answer) && msg === 'request');
    const [line, ...more] = lines;
    if (!line || more.length > 0) throw new Error(`${lines.length} lines`);
    return line;
  });
}

const idOf = ({ headers }: Response) => (headers as Record<string, string>)['x-request-id'];

const PAGE_HEADERS = [
  'cross-origin-opener-policy',
  'origin-agent-cluster',
  'x-dns-prefetch-control',
  'x-download-options',
  'x-permitted-cross-domain-policies',
  'x-xss-protection',
];

describe('the server', () => {
  it('API-01: is Fastify, and listens on the configured port', () => {
    expect(service.app.getHttpAdapter().getType()).toBe('fastify');
    expect(new URL(service.url).port).toBe(String(port));
  });

  it.each([
    '/api/health/live',
    '/api/gateways',
    '/docs-json',
    '/docs-yaml',
    '/api/gateways/x',
    '/api/nothing',
    '/api/%zz',
  ])('API-04, SEC-28: answers %s with security headers, and does not name its software', async (path) => {
    const { headers } = await service.http.get(path);
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'permissions-policy': expect.stringContaining('camera=()') as string,
    });
    for (const name of ['x-powered-by', 'server', 'strict-transport-security'])
      expect(headers).not.toHaveProperty(name);
    for (const name of PAGE_HEADERS) expect(headers).not.toHaveProperty(name);
  });

  it.each(['/docs', '/docs/swagger-ui.css'])(
    'API-04: answers %s with the headers that only matter to a page',
    async (path) => {
      const { headers } = await service.http.get(path).expect(200);
      for (const name of PAGE_HEADERS) expect(headers).toHaveProperty(name);
    },
  );

  it('API-04: serves documentation that works over plain HTTP', async () => {
    const answer = await service.http.get('/docs').expect(200).expect('content-type', /html/);
    const policy = answer.headers['content-security-policy'];
    expect(policy).toMatch(
      /default-src 'self'.*font-src 'self'.*frame-ancestors 'none'.*style-src 'self' 'unsafe-inline'/,
    );
    expect(policy).not.toMatch(/upgrade-insecure-requests|https:/);
  });

  it.each(['/api/health/live', '/api/gateways', '/api/nothing', '/api/gateways?limit=0'])(
    'answers HEAD %s like GET, without the body',
    async (path) => {
      const [get, head] = [await service.http.get(path), await service.http.head(path)];
      expect(head.status).toBe(get.status);
      expect(head.body).toEqual({});
      expect(head.headers['content-type']).toBe(get.headers['content-type']);
      expect(head.headers['content-length']).toBe(get.headers['content-length']);
    },
  );

  it.each([
    ['nothing', {}],
    ['the type of JSON', { 'content-type': 'application/json' }],
    ['the type of JSON with a character set', { 'content-type': 'application/json; charset=utf-8' }],
    ['a length of 0', { 'content-length': '0' }],
    ['a type and a length of 0', { 'content-type': 'application/json', 'content-length': '0' }],
    ["what curl --data '' sends", { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' }],
  ])('STATUS-02: needs no body for an order: it accepts %s', async (_what, headers) => {
    const gateway = await createGateway(service.http, await createFactory(service.http), null);
    for (const order of ['connect', 'disconnect']) {
      await service.http.post(`/api/gateways/${gateway.id}/${order}`).set(headers).expect(202);
    }
    await service.http.delete(`/api/gateways/${gateway.id}`).set(headers).expect(204);
  });

  it('treats a path with a trailing slash as the same route, with the same limits', async () => {
    const { http } = service;
    const factory = await createFactory(http);
    const gateway = await createGateway(http, factory, null, { desired_state: 'disconnected' });
    const own = `/api/gateways/${gateway.id}`;
    const paths = ['/api/organizations', '/api/health', '/api/health/live', '/api/connections', `${own}/events`, own];
    for (const path of paths) await http.get(`${path}/`).expect(200);
    await http.get('/api/gateways/?limit=1').expect(200, /"limit":1/);
    await http.get('/api/gateways//').expect(404);
    await http.get(`${own}/?ofset=1`).expect(400, /this route has no query parameters/);

    const large = { model: 'x'.repeat(50 * 1024) };
    await http
      .put(`${own}/`)
      .send(large)
      .expect(400, /"path":"model"/);
    await http.put(`/api/factories/${factory.id}/`).send(large).expect(413);
    await http
      .put(`${own}/`)
      .send({ model: 'A' })
      .expect(200, /"model":"A"/);
    await http.post(`${own}/disconnect/`).expect(202);
    await http
      .post('/api/organizations/')
      .send({ name: 'Acme' })
      .expect(201)
      .expect('location', /organizations\/.{36}$/);
    await http.post(`${own}/disconnect/`).set('origin', 'https://elsewhere.example').expect(403);
    await http.delete(`${own}/`).expect(204);
  });

  it('treats a documentation path with a trailing slash as the same page', async () => {
    const { http } = service;
    await http.get('/docs-json/').expect(200, (await http.get('/docs-json').expect(200)).text);
    await http.get('/docs/').expect(200, /"\.\/swagger-ui\.css"/); // Relative to the path with the slash.
    for (const path of ['/docs', '/docs-json']) {
      const [plain, slash] = [await http.get(path).expect(200), await http.get(`${path}/`).expect(200)];
      expect(slash.headers['content-security-policy']).toBe(plain.headers['content-security-policy']);
    }
  });

  it('streams events from a path with a trailing slash', async () => {
    const response = await fetch(`${service.url}/api/events/?lastEventId=x&_=1`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await response.body?.cancel();
  });

  it('ignores an unknown Expect header', async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    socket.write(
      'GET /api/health/live HTTP/1.1\r\nHost: localhost\r\nExpect: the-unexpected\r\nConnection: close\r\n\r\n',
    );
    const [answer] = (await once(socket, 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    socket.destroy();
  });
});

describe('a resource that can be read and changed', () => {
  interface Document {
    paths: Record<
      string,
      Record<string, { requestBody?: { content: { 'application/json': { schema: { $ref: string } } } } }>
    >;
    components: {
      schemas: Record<string, { properties: Record<string, { readOnly?: boolean }>; required?: string[] }>;
    };
  }
  const KEPT = { id: 7, created_at: null, updated_at: 'never', last_seen_at: { at: 'noon' }, last_used_at: 1 };

  it('API-05: can be sent back as it was read, with one field changed, according to the document', async () => {
    const { http } = service;
    const factory = await createFactory(http);
    const gateway = await createGateway(http, factory, null, { desired_state: 'disconnected' });
    const key = await http.post('/api/keys').send({ name: 'k', role: 'viewer' }).expect(201);
    const rule = { kind: 'battery', name: 'Daily', max_age_s: 86_400, daily_budget: 2 };
    const target = { type: 'factory', id: factory.id };
    const schedule = await http
      .post('/api/schedules')
      .send({ ...rule, target })
      .expect(201);
    const ids: Record<string, string> = {
      '/api/organizations/{id}': factory.organization_id,
      '/api/factories/{id}': factory.id,
      '/api/gateways/{id}': gateway.id,
      '/api/sensors/{id}': (await addSensors(service.database, [gateway.id]))[0] ?? '',
      '/api/schedules/{id}': (schedule.body as { id: string }).id,
      '/api/keys/{id}': (key.body as { id: string }).id,
    };
    const { paths, components } = (await http.get('/docs-json').expect(200)).body as Document;
    const changeable = Object.entries(paths).filter(([, item]) => item['get'] && item['put']);
    const withId = changeable.filter(([path]) => path.includes('{id}'));
    expect(withId.map(([path]) => path).sort()).toEqual(Object.keys(ids).sort()); // A new resource needs an id here.

    for (const [template, item] of withId) {
      const path = template.replace('{id}', ids[template] ?? '');
      const read = (await http.get(path).expect(200)).body as Record<string, unknown>;
      const schemaName = item['put']?.requestBody?.content['application/json'].schema.$ref.split('/').at(-1) ?? '';
      const body = components.schemas[schemaName];
      expect(Object.keys(body?.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(read)));
      expect(body?.required ?? []).toEqual([]);

      const same = { ...read, ...('as_of' in read && { as_of: expect.any(String) as string }) };
      expect((await http.put(path).send(read).expect(200)).body).toEqual(same);
      const kept = Object.fromEntries(Object.entries(KEPT).filter(([name]) => name in read));
      expect((await http.put(path).send(kept).expect(200)).body).toEqual(same);
      for (const name of Object.keys(kept)) expect([name, body?.properties[name]?.readOnly]).toEqual([name, true]);
      const changed = await http
        .put(path)
        .send({ ...read, ...kept, name: 'Changed' })
        .expect(200);
      expect({ ...(changed.body as object), updated_at: null }).toEqual({ ...same, name: 'Changed', updated_at: null });
      await http
        .put(path)
        .send({ ...read, pasword: 'x' })
        .expect(400, /"path":"pasword"/);
      await http.put(path).send({}).expect(400);
    }
    // Those without an id are replaced as a whole.
    for (const [path] of changeable.filter(([template]) => !template.includes('{id}'))) {
      const { body: read } = (await http.get(path).expect(200)) as { body: object };
      expect((await http.put(path).send(read).expect(200)).body).toEqual(read);
    }
  });
});

describe('the log of requests', () => {
  it('API-07: has one line for each, with method, path, status, duration and request id', async () => {
    const answer = await service.http.get('/api/gateways?search=confidential').expect(200);

    expect(await lineOf(answer)).toMatchObject({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      method: 'GET',
      path: '/api/gateways',
      status: 200,
      durationMs: expect.any(Number) as number,
      remoteAddress: '127.0.0.1',
    });
    expect(written.join('')).not.toContain('confidential');
  });

  const LONG_PATH = `/${'a'.repeat(9000)}`;
  const requests: {
    what: string;
    method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'DELETE';
    url: string;
    status: number;
  }[] = [
    { what: 'a refused body', method: 'POST', url: '/api/organizations', status: 400 },
    { what: 'a refused id', method: 'DELETE', url: '/api/gateways/1', status: 400 },
    { what: 'a HEAD', method: 'HEAD', url: '/api/health/live', status: 200 },
    { what: 'an OPTIONS', method: 'OPTIONS', url: '/api/gateways', status: 404 },
    { what: 'an unknown route', method: 'GET', url: '/nothing', status: 404 },
    { what: 'a bad URL', method: 'GET', url: '/api/%zz', status: 400 },
    { what: 'a long URL, shortened', method: 'GET', url: LONG_PATH, status: 414 },
  ];

  it.each(requests)('API-07: has a line for $what', async ({ method, url, status }) => {
    const methods = { POST: 'post', DELETE: 'delete', HEAD: 'head', OPTIONS: 'options', GET: 'get' } as const;
    const answer = await service.http[methods[method]](url).expect(status);
    expect(await lineOf(answer)).toMatchObject({ level: 30, method, path: url.slice(0, 200), status });
  });

  it.each(['a', 'order-7:42.b_C', 'x'.repeat(64)])('API-07: uses the request id %s of the request', async (id) => {
    const answer = await service.http.get('/api/health/live').set('x-request-id', id).expect('x-request-id', id);
    await lineOf(answer);
  });

  it('API-07: has the trace of the client if it is a valid one', async () => {
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    for (const [given, logged] of [
      [trace, trace],
      [`${trace} <b>`, undefined],
    ] as const) {
      const answer = await service.http.get('/api/health/live').set('traceparent', given);
      expect((await lineOf(answer))['traceparent']).toBe(logged);
    }
  });

  it.each(['', 'x'.repeat(65), 'two words', '{"level":60}', '<script>', 'ä', 'a,b'])(
    'API-07: uses a generated id instead of the request id %j',
    async (id) => {
      const answer = await service.http.get('/api/health/live').set('x-request-id', id);
      expect(idOf(answer)).toMatch(UUID);
      await lineOf(answer);
    },
  );

  it('QUAL-05: reports what happened to a gateway, in fixed words and with its id', async () => {
    const gateway = await createGateway(service.http, await createFactory(service.http), null);
    await service.http.put(`/api/gateways/${gateway.id}`).send({ name: 'Other', password: 'other' }).expect(200);
    await service.http.post(`/api/gateways/${gateway.id}/disconnect`).expect(202);
    await service.http.delete(`/api/gateways/${gateway.id}`).expect(204);

    await eventually(() => {
      const lines = readLog().filter(({ gatewayId }) => gatewayId === gateway.id);
      expect(lines).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ level: 30, msg: 'gateway created', factoryId: gateway.factory_id }),
          expect.objectContaining({
            level: 30,
            context: 'GatewaySession',
            msg: 'connection state changed',
            from: 'disconnected',
            to: 'connecting',
            reason: null,
            attempt: 0,
          }),
          expect.objectContaining({ level: 30, msg: 'gateway updated', fields: ['name', 'password'] }),
          expect.objectContaining({ level: 30, msg: 'desired state changed', desiredState: 'disconnected' }),
          expect.objectContaining({ level: 30, msg: 'gateway deleted' }),
        ]),
      );
    });
  });

  it('QUAL-05: names the actor of each change of an organization, a factory and a gateway', async () => {
    const factory = await createFactory(service.http);
    const gateway = await createGateway(service.http, factory, null);
    const paths = [`gateways/${gateway.id}`, `factories/${factory.id}`, `organizations/${factory.organization_id}`];
    await service.http.post(`/api/gateways/${gateway.id}/connect`).expect(202);
    for (const path of paths) await service.http.put(`/api/${path}`).send({ name: 'Other' }).expect(200);
    for (const path of paths) await service.http.delete(`/api/${path}`).expect(204);

    const ids = [gateway.id, factory.id, factory.organization_id];
    await eventually(() => {
      const changes = readLog().filter(
        ({ msg, gatewayId, factoryId, organizationId }) =>
          /^((gateway|factory|organization) \w+|desired state changed)$/.test(msg) &&
          [gatewayId, factoryId, organizationId].some((id) => ids.includes(String(id))),
      );
      expect(changes.map(({ msg, actor }) => [msg, actor])).toEqual([
        ['organization created', 'anonymous'],
        ['factory created', 'anonymous'],
        ['gateway created', 'anonymous'],
        ['desired state changed', 'anonymous'],
        ...['gateway', 'factory', 'organization'].map((what) => [`${what} updated`, 'anonymous']),
        ...['gateway', 'factory', 'organization'].map((what) => [`${what} deleted`, 'anonymous']),
      ]);
    });
  });

  it('QUAL-05: has the cause of an internal error, with the request id of the answer', async () => {
    const sql = new Client({ connectionString: service.database.url });
    await sql.connect();
    await sql.query('ALTER TABLE factories RENAME TO gone');
    const answer = await service.http.get('/api/factories').expect(500);
    await sql.query('ALTER TABLE gone RENAME TO factories');
    await sql.end();

    await lineOf(answer);
    expect(log.filter(({ level }) => level === ERROR)).toEqual([
      expect.objectContaining({
        requestId: idOf(answer),
        msg: 'request failed',
        err: expect.objectContaining({ message: 'relation "factories" does not exist', code: '42P01' }) as object,
      }),
    ]);
  });

  it('QUAL-05: has no error line when a caller hangs up', async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /api/organizations HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: hung-up\r\n');
    socket.write('Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name":');
    await service.http.get('/api/health/live').expect(200); // By then the half of it has arrived.
    socket.destroy();

    const line = await eventually(() => {
      const found = readLog().find(({ requestId, msg }) => requestId === 'hung-up' && msg === 'request');
      if (!found) throw new Error('no line yet');
      return found;
    });

    expect(line).toMatchObject({ method: 'POST', path: '/api/organizations', isCut: true });
    expect(log.filter(({ level }) => level >= ERROR)).toEqual([]);
  });
});

describe('other origins', () => {
  const allowed = async (origin: string) => {
    const { headers } = await service.http.get('/api/gateways').set('origin', origin).expect(200);
    return (headers as Record<string, string>)['access-control-allow-origin'];
  };
  const preflight = (origin: string, method: string) =>
    service.http
      .options('/api/gateways/x')
      .set('origin', origin)
      .set('access-control-request-method', method)
      .set('access-control-request-headers', 'content-type');

  it('API-03: none may call in production unless configured', async () => {
    expect(await allowed('http://localhost:5173')).toBeUndefined();
    expect(await allowed('https://app.example.org')).toBeUndefined();
    await preflight('https://app.example.org', 'PUT').expect(404);
  });

  it('API-03: only those that are configured may call in production', async () => {
    await service.restart({ CORS_ORIGINS: 'https://app.example.org, http://10.0.0.9:8080' });
    for (const origin of ['https://app.example.org', 'http://10.0.0.9:8080'])
      expect(await allowed(origin)).toBe(origin);
    for (const origin of ['http://localhost:5173', 'http://app.example.org', 'https://app.example.org.evil', 'null']) {
      expect(await allowed(origin)).toBeUndefined();
    }
  });

  it('API-03: every method and the headers of this API pass a preflight', async () => {
    await service.restart({ CORS_ORIGINS: 'https://app.example.org' });
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const { headers } = await preflight('https://app.example.org', method).expect(204);
      expect(headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example.org',
        'access-control-allow-methods': expect.stringContaining(method) as string,
        'access-control-allow-headers': 'content-type',
        vary: expect.stringContaining('Origin') as string,
      });
    }
    const { headers } = await service.http.get('/api/gateways').set('origin', 'https://app.example.org');
    expect(headers['access-control-expose-headers']).toBe(
      'etag, idempotency-replayed, location, retry-after, x-request-id, ratelimit-limit, ratelimit-remaining, ratelimit-reset, ' +
        'x-axes, x-values-per-axis, x-unit, x-sample-rate-hz, x-samples-per-bucket, x-t0',
    );
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('API-03: an OPTIONS request that is no preflight is answered with 204', async () => {
    await service.restart({ CORS_ORIGINS: 'https://app.example.org' });
    await service.http.options('/api/gateways').expect(204, '');
  });

  it('API-03: one loopback origin and those that are configured may call in development', async () => {
    await service.restart({ NODE_ENV: 'development', CORS_ORIGINS: 'https://app.example.org' });
    for (const origin of ['http://localhost:5173', 'https://app.example.org'])
      expect(await allowed(origin)).toBe(origin);
    for (const origin of [
      'http://localhost:3951',
      'http://127.0.0.1',
      'https://[::1]:8443',
      'http://10.0.0.1',
      'null',
    ]) {
      expect(await allowed(origin)).toBeUndefined();
    }
  });
});
