import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Client } from 'pg';
import { encodeCursor } from '../../src/http/contract/cursor';
import { aGateway, createFactory, createGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';

let service: TestApp;
let sql: Client;
/** What `{organization}`, `{factory}`, `{gateway}` and `{label}` stand for in a path or a body. */
let known: Record<string, string>;
let untouched: string;

beforeAll(async () => {
  service = await startTestApp();
  sql = new Client({ connectionString: service.database.url });
  await sql.connect();
  const factory = await createFactory(service.http);
  const gateway = await createGateway(service.http, factory, null, { desired_state: 'disconnected' });
  known = {
    organization: factory.organization_id,
    factory: factory.id,
    gateway: gateway.id,
    label: gateway.gateway_id,
  };
  untouched = await fingerprint();
});

// After each, so that the one that did it is named.
afterEach(async () => expect(await fingerprint()).toBe(untouched));

afterAll(async () => {
  await sql.end();
  await service.close();
});

const NOBODY = '00000000-0000-4000-8000-000000000000';
const JSON_TYPE = { 'content-type': 'application/json' };
const NUL = 'a\0b';
const LONE = 'a\ud800b'; // JSON.stringify writes it as \ud800.
const LONG = { 100: 'x'.repeat(101), 255: 'x'.repeat(256), 500: 'x'.repeat(501), 1024: 'x'.repeat(1025) };
const KIB = 1024;

const VALID = {
  organizations: { name: 'Other' },
  factories: { organization_id: '{organization}', name: 'Other' },
  gateways: aGateway({ factory_id: '{factory}', desired_state: 'disconnected' }),
};
type Resource = keyof typeof VALID;

describe('API-05: a request with an invalid field', () => {
  const wrongValues: [Resource, field: string, what: string, value: unknown][] = [
    ['organizations', 'name', 'missing', undefined],
    ['organizations', 'name', 'null', null],
    ['organizations', 'name', 'a number', 7],
    ['organizations', 'name', 'empty', ''],
    ['organizations', 'name', 'blank', ' \t '],
    ['organizations', 'name', 'too long', LONG[255]],
    ['organizations', 'metadata', 'null', null],
    ['organizations', 'metadata', 'an array', [1]],
    ['organizations', 'metadata', 'text', '{}'],
    ['organizations', 'metadata', '17 levels deep', nested(17)],
    ['organizations', 'metadata', 'larger than 16 KiB', { a: 'x'.repeat(16 * 1024) }],
    ['organizations', 'metadata', 'larger than 16 KiB in UTF-8 alone', { a: 'ü'.repeat(9 * 1024) }],
    ['organizations', 'metadata', 'a NUL in a key', { [NUL]: 1 }],
    ['organizations', 'metadata', 'a NUL in a value', { a: [{ b: NUL }] }],
    ['organizations', 'metadata', 'a lone surrogate in a key', { [LONE]: 1 }],
    ['organizations', 'metadata', 'a lone surrogate in a value', { a: LONE }],
    ['organizations', 'metadata', 'a number beyond 2^53', { a: 2 ** 53 }],
    ['organizations', 'pasword', 'unknown', 'x'],
    ['organizations', 'id', 'not for the caller to set', NOBODY],
    ['factories', 'organization_id', 'missing', undefined],
    ['factories', 'organization_id', 'no UUID', '1'],
    ['factories', 'organization_id', 'null', null],
    ['factories', 'name', 'an object', {}],
    ['factories', 'name', 'too long', LONG[255]],
    ['factories', 'location', 'too long', LONG[500]],
    ['factories', 'location', 'a number', 1],
    ['factories', 'timezone', 'no zone', 'Mars/Olympus'],
    ['factories', 'timezone', 'an abbreviation of several zones', 'CST'],
    ['factories', 'timezone', 'an old name of one word', 'EST5EDT'],
    ['factories', 'timezone', 'another case', 'europe/madrid'],
    ['factories', 'timezone', 'another case of an alias', 'us/Central'],
    ['factories', 'timezone', 'a zone of another database', 'SystemV/PST8'],
    ['factories', 'timezone', 'an offset', '+02:00'],
    ['factories', 'timezone', 'an offset in letters', 'GMT+2'],
    ['factories', 'timezone', 'null', null],
    ['factories', 'timezone', 'empty', ''],
    ['factories', 'created_at', 'not for the caller to set', '2026-01-01T00:00:00Z'],
    ['gateways', 'factory_id', 'missing', undefined],
    ['gateways', 'factory_id', 'no UUID', `${NOBODY}0`],
    ['gateways', 'gateway_id', 'blank', '  '],
    ['gateways', 'gateway_id', 'too long', LONG[255]],
    ['gateways', 'name', 'missing', undefined],
    ['gateways', 'url', 'missing', undefined],
    ['gateways', 'url', 'http', 'http://10.0.0.7'],
    ['gateways', 'url', 'no URL', '10.0.0.7:5000'],
    ['gateways', 'url', 'without a host', 'ws://'],
    ['gateways', 'url', 'with a port and no host', 'ws://:5000'],
    ['gateways', 'url', 'without slashes', 'ws:10.0.0.7'],
    ['gateways', 'url', 'with a third slash', 'ws:///10.0.0.7'],
    ['gateways', 'url', 'with backslashes', 'ws:\\\\10.0.0.7'],
    ['gateways', 'url', 'with user info', 'ws://me:pw@10.0.0.7'],
    ['gateways', 'url', 'with an empty user info', 'ws://@10.0.0.7'],
    ['gateways', 'url', 'with a fragment', 'ws://10.0.0.7/#a'],
    ['gateways', 'url', 'with an empty fragment', 'ws://10.0.0.7/#'],
    ['gateways', 'url', 'with a space', 'ws://10.0.0.7/a b'],
    ['gateways', 'url', 'with a tab', 'ws://10.0.\t0.7'],
    ['gateways', 'url', 'with a control character before it', '\u0001ws://10.0.0.7'],
    ['gateways', 'url', 'with a port that is none', 'ws://10.0.0.7:99999'],
    ['gateways', 'url', 'with port 0', 'ws://10.0.0.7:0'],
    ['gateways', 'url', 'with an empty port', 'ws://10.0.0.7:/'],
    ['gateways', 'url', 'with a host that is read otherwise than written', 'ws://127.000.000.010:5000'],
    ['gateways', 'url', 'with an encoded host', 'ws://%31%30.0.0.7'],
    ['gateways', 'url', 'too long', `ws://10.0.0.7/${LONG[500]}`],
    ['gateways', 'email', 'no address', 'ops'],
    ['gateways', 'email', 'without a domain', 'ops@'],
    ['gateways', 'email', 'two addresses', 'a@example.org, b@example.org'],
    ['gateways', 'email', 'too long', `${LONG[255]}@example.org`],
    ['gateways', 'password', 'missing', undefined],
    ['gateways', 'password', 'empty', ''],
    ['gateways', 'password', 'too long', LONG[1024]],
    ['gateways', 'password', 'a number', 12345678],
    ['gateways', 'model', 'too long', LONG[100]],
    ['gateways', 'firmware_version', 'too long', LONG[100]],
    ['gateways', 'clock_zone', 'an abbreviation of several zones', 'CST'],
    ['gateways', 'clock_zone', 'an offset', '+02:00'],
    ['gateways', 'desired_state', 'unknown', 'online'],
    ['gateways', 'desired_state', 'null', null],
    ['gateways', 'pasword', 'unknown', 'x'],
    ['gateways', 'last_seen_at', 'not for the caller to set', null],
  ];

  it.each(wrongValues)('API-05: %s.%s, %s', async (resource, field, _what, value) => {
    const body = JSON.stringify({ ...VALID[resource], [field]: value });
    const answer = await send('POST', `/api/${resource}`, { body });
    expectRefusal(answer, 400, 'VALIDATION_ERROR', [field]);
  });

  const texts: [Resource, string][] = [
    ['organizations', 'name'],
    ...['name', 'location', 'timezone', 'organization_id'].map((field): [Resource, string] => ['factories', field]),
    ...[
      'factory_id',
      'gateway_id',
      'name',
      'url',
      'email',
      'password',
      'model',
      'firmware_version',
      'clock_zone',
      'desired_state',
    ].map((field): [Resource, string] => ['gateways', field]),
  ];

  it.each(texts)('API-05: %s.%s with a NUL or a lone surrogate', async (resource, field) => {
    for (const value of [NUL, LONE, 'ws://host/\0', 'ws://host/\udfff', '\0', 'a@example.org\0']) {
      const body = JSON.stringify({ ...VALID[resource], [field]: value });
      expectRefusal(await send('POST', `/api/${resource}`, { body }), 400, 'VALIDATION_ERROR', [field]);
    }
  });

  const wrongChanges: [path: string, field: string, what: string, value: unknown][] = [
    ['/api/organizations/{organization}', 'name', 'null', null],
    ['/api/organizations/{organization}', 'nmae', 'unknown', 'x'],
    ['/api/factories/{factory}', 'organization_id', 'no UUID', 1],
    ['/api/factories/{factory}', 'name', 'null', null],
    ['/api/factories/{factory}', 'timezone', 'null', null],
    ['/api/factories/{factory}', 'timezone', 'an abbreviation of several zones', 'CST'],
    ['/api/factories/{factory}', 'metadata', 'null', null],
    ['/api/factories/{factory}', 'nmae', 'unknown', 'x'],
    ['/api/gateways/{gateway}', 'factory_id', 'null', null],
    ['/api/gateways/{gateway}', 'desired_state', 'unknown', 'online'],
    ['/api/gateways/{gateway}', 'gateway_id', 'null', null],
    ['/api/gateways/{gateway}', 'url', 'null', null],
    ['/api/gateways/{gateway}', 'password', 'null', null],
    ['/api/gateways/{gateway}', 'password', 'empty', ''],
    ['/api/gateways/{gateway}', 'email', 'blank', ' '],
    ['/api/gateways/{gateway}', 'metadata', 'text', 'x'],
    ['/api/gateways/{gateway}', 'pasword', 'unknown', 'x'],
    ['/api/gateways/{gateway}', 'connection_version', 'not for the caller to set', 2],
  ];

  it.each(wrongChanges)('API-05: PUT %s, %s, %s', async (path, field, _what, value) => {
    const answer = await send('PUT', path, { body: JSON.stringify({ name: 'Other', [field]: value }) });
    expectRefusal(answer, 400, 'VALIDATION_ERROR', [field]);
  });

  it('FACTORY-07: gets an answer that names every invalid field, unknown ones included', async () => {
    const body = JSON.stringify({ organization_id: 1, name: '', location: 'x'.repeat(501), zone: 'UTC', metadata: [] });
    const answer = await send('POST', '/api/factories', { body });
    expectRefusal(answer, 400, 'VALIDATION_ERROR', ['organization_id', 'name', 'location', 'metadata', 'zone']);
  });

  it('API-05: gets an answer shorter than its body, even if it has thousands of unknown fields', async () => {
    const fields = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`k${i}`, 1]));
    const answer = await send('PUT', '/api/factories/{factory}', { body: JSON.stringify(fields) });
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(20_000);
  });
});

interface BadRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly is: readonly [status: number, code: string];
  readonly paths?: readonly string[];
}

const MALFORMED = [400, 'MALFORMED_JSON'] as const;
const INVALID = [400, 'VALIDATION_ERROR'] as const;
const NO_ROUTE = [404, 'NOT_FOUND'] as const;
const MEDIA_TYPE = [415, 'UNSUPPORTED_MEDIA_TYPE'] as const;
const BAD_URL = [400, 'BAD_URL'] as const;
const TOO_LONG = [414, 'URI_TOO_LONG'] as const;

const post = (path: string, body: string | Buffer, type = 'application/json') => ({
  method: 'POST',
  path,
  headers: { 'content-type': type },
  body,
});
const put = (path: string, body: string) => ({ ...post(path, body), method: 'PUT' });

const badRequests: Record<string, BadRequest> = {
  'no JSON': { ...post('/api/organizations', '{name: "x"}'), is: MALFORMED },
  'half a JSON': { ...post('/api/gateways', '{"name":"x"'), is: MALFORMED },
  'two JSON texts': { ...post('/api/factories', '{}{}'), is: MALFORMED },
  'bytes that are no UTF-8': { ...post('/api/organizations', Buffer.from('{"name":"\xff"}', 'latin1')), is: MALFORMED },
  '__proto__ in a body': { ...post('/api/organizations', '{"name":"x","__proto__":{"a":1}}'), is: MALFORMED },
  '__proto__ in metadata': { ...put('/api/factories/{factory}', '{"metadata":{"__proto__":{}}}'), is: MALFORMED },
  'a prototype in metadata': {
    ...put('/api/gateways/{gateway}', '{"metadata":{"constructor":{"prototype":{}}}}'),
    is: MALFORMED,
  },
  'a body compressed without asking': {
    ...post('/api/organizations', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])),
    is: MALFORMED,
  },
  'a compressed body that says so': {
    ...post('/api/organizations', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])),
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    is: MEDIA_TYPE,
  },
  'malformed JSON where no body is needed': { ...post('/api/gateways/{gateway}/disconnect', '{'), is: MALFORMED },
  'no body': { ...post('/api/organizations', ''), is: INVALID, paths: [''] },
  'no body and no type': { method: 'POST', path: '/api/gateways', is: INVALID, paths: [''] },
  'null for a body': { ...post('/api/factories', 'null'), is: INVALID, paths: [''] },
  'an array for a body': { ...post('/api/gateways', '[{}]'), is: INVALID, paths: [''] },
  'text for a body': { ...put('/api/gateways/{gateway}', '"x"'), is: INVALID, paths: [''] },
  'a number for a body': { ...put('/api/factories/{factory}', '1'), is: INVALID, paths: [''] },
  'a change of nothing to an organization': {
    ...put('/api/organizations/{organization}', '{}'),
    is: INVALID,
    paths: [''],
  },
  'another organization for a factory': {
    ...put('/api/factories/{factory}', JSON.stringify({ name: 'x', organization_id: NOBODY })),
    is: [422, 'READ_ONLY_FIELD'],
    paths: ['organization_id'],
  },
  'another organization for a factory, and nothing else': {
    ...put('/api/factories/{factory}', JSON.stringify({ organization_id: NOBODY })),
    is: [422, 'READ_ONLY_FIELD'],
    paths: ['organization_id'],
  },
  'another desired state for a gateway': {
    ...put('/api/gateways/{gateway}', '{"name":"x","desired_state":"connected"}'),
    is: [422, 'READ_ONLY_FIELD'],
    paths: ['desired_state'],
  },
  'another desired state for a gateway, and another address': {
    ...put('/api/gateways/{gateway}', '{"url":"ws://10.0.0.7","desired_state":"connected"}'),
    is: [422, 'READ_ONLY_FIELD'],
    paths: ['desired_state'],
  },
  'another desired state for a gateway that is tested': {
    ...post('/api/gateways/{gateway}/test', '{"desired_state":"connected"}'),
    is: [422, 'READ_ONLY_FIELD'],
    paths: ['desired_state'],
  },
  'an unknown factory for a gateway': {
    ...put('/api/gateways/{gateway}', JSON.stringify({ name: 'x', factory_id: NOBODY })),
    is: [422, 'FACTORY_NOT_FOUND'],
    paths: ['factory_id'],
  },
  'an unknown factory for a gateway, with its password': {
    ...put('/api/gateways/{gateway}', JSON.stringify({ password: 'x', factory_id: NOBODY })),
    is: [422, 'FACTORY_NOT_FOUND'],
    paths: ['factory_id'],
  },
  'a deletion of an organization with factories': {
    method: 'DELETE',
    path: '/api/organizations/{organization}',
    is: [409, 'ORGANIZATION_NOT_EMPTY'],
  },
  'an unknown organization, changed': {
    ...put(`/api/organizations/${NOBODY}`, '{"name":"x"}'),
    is: [404, 'ORGANIZATION_NOT_FOUND'],
  },
  'an unknown organization, deleted': {
    method: 'DELETE',
    path: `/api/organizations/${NOBODY}?cascade`,
    is: [404, 'ORGANIZATION_NOT_FOUND'],
  },
  'an unknown factory, its organization changed': {
    ...put(`/api/factories/${NOBODY}`, JSON.stringify({ organization_id: NOBODY })),
    is: [404, 'FACTORY_NOT_FOUND'],
  },
  'an unknown gateway, its factory changed': {
    ...put(`/api/gateways/${NOBODY}`, JSON.stringify({ factory_id: NOBODY, desired_state: 'connected' })),
    is: [404, 'GATEWAY_NOT_FOUND'],
  },
  'a change of nothing to a factory': { ...put('/api/factories/{factory}', '{}'), is: INVALID, paths: [''] },
  'a change of nothing to a gateway': { ...put('/api/gateways/{gateway}', '{}'), is: INVALID, paths: [''] },
  'a number that overflows': {
    ...post('/api/organizations', '{"name":"x","metadata":{"a":1e400}}'),
    is: INVALID,
    paths: ['metadata'],
  },
  'fifteen thousand levels': {
    ...post('/api/organizations', `{"name":"x","metadata":{"a":${'['.repeat(15e3)}${']'.repeat(15e3)}}}`),
    is: INVALID,
    paths: ['metadata'],
  },
  'plain text': { ...post('/api/organizations', '{"name":"x"}', 'text/plain'), is: MEDIA_TYPE },
  'a form': { ...post('/api/organizations', 'name=x', 'application/x-www-form-urlencoded'), is: MEDIA_TYPE },
  'a multipart form': { ...post('/api/gateways', '--b--', 'multipart/form-data; boundary=b'), is: MEDIA_TYPE },
  'a type that is none': {
    ...put('/api/factories/{factory}', '{"name":"x"}'),
    headers: { 'content-type': ';' },
    is: MEDIA_TYPE,
  },
  'a type much like JSON': { ...post('/api/organizations', '{"name":"x"}', 'application/jsonp'), is: MEDIA_TYPE },
  'a body without a type': { method: 'POST', path: '/api/organizations', body: '{"name":"x"}', is: MEDIA_TYPE },
  'text where no body is needed': {
    ...post('/api/gateways/{gateway}/connect', 'please', 'text/plain'),
    is: MEDIA_TYPE,
  },
  'more than 32 KiB': {
    ...post('/api/organizations', `{"name":"${'x'.repeat(32 * KIB)}"}`),
    is: [413, 'PAYLOAD_TOO_LARGE'],
  },
  'more than 32 KiB in chunks': {
    ...post('/api/organizations', `{"name":"${'x'.repeat(32 * KIB)}"}`),
    headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
    is: [413, 'PAYLOAD_TOO_LARGE'],
  },
  'more than 128 KiB for a gateway': {
    ...put('/api/gateways/{gateway}', `{"name":"${'x'.repeat(128 * KIB)}"}`),
    is: [413, 'PAYLOAD_TOO_LARGE'],
  },
  'between the limits, for a gateway': {
    ...post('/api/gateways/{gateway}/test', `{"name":"${'x'.repeat(100 * KIB)}"}`),
    is: INVALID,
    paths: ['name'],
  },
  'more than 32 KiB for an order': {
    ...post('/api/gateways/{gateway}/connect', `{"name":"${'x'.repeat(32 * KIB)}"}`),
    is: [413, 'PAYLOAD_TOO_LARGE'],
  },
  'a label that is taken': {
    ...post('/api/gateways', JSON.stringify({ ...VALID.gateways, gateway_id: '{label}' })),
    is: [409, 'GATEWAY_ID_TAKEN'],
    paths: ['gateway_id'],
  },
  'a factory that is not there': {
    ...post('/api/gateways', JSON.stringify({ ...VALID.gateways, factory_id: NOBODY })),
    is: [422, 'FACTORY_NOT_FOUND'],
    paths: ['factory_id'],
  },
  'an organization that is not there': {
    ...post('/api/factories', JSON.stringify({ organization_id: NOBODY, name: 'x' })),
    is: [422, 'ORGANIZATION_NOT_FOUND'],
    paths: ['organization_id'],
  },
  'an unknown organization': { path: `/api/organizations/${NOBODY}`, is: [404, 'ORGANIZATION_NOT_FOUND'] },
  'an unknown factory': { path: `/api/factories/${NOBODY}`, is: [404, 'FACTORY_NOT_FOUND'] },
  'an unknown factory, changed': { ...put(`/api/factories/${NOBODY}`, '{"name":"x"}'), is: [404, 'FACTORY_NOT_FOUND'] },
  'an unknown factory, deleted': { method: 'DELETE', path: `/api/factories/${NOBODY}`, is: [404, 'FACTORY_NOT_FOUND'] },
  'an unknown gateway': { path: `/api/gateways/${NOBODY}`, is: [404, 'GATEWAY_NOT_FOUND'] },
  'an unknown gateway, changed': { ...put(`/api/gateways/${NOBODY}`, '{"name":"x"}'), is: [404, 'GATEWAY_NOT_FOUND'] },
  'an unknown gateway, its password changed': {
    ...put(`/api/gateways/${NOBODY}`, '{"password":"x"}'),
    is: [404, 'GATEWAY_NOT_FOUND'],
  },
  'an unknown gateway, deleted': { method: 'DELETE', path: `/api/gateways/${NOBODY}`, is: [404, 'GATEWAY_NOT_FOUND'] },
  'an unknown gateway, its status': { path: `/api/gateways/${NOBODY}/status`, is: [404, 'GATEWAY_NOT_FOUND'] },
  'an unknown gateway, connected': {
    method: 'POST',
    path: `/api/gateways/${NOBODY}/connect`,
    is: [404, 'GATEWAY_NOT_FOUND'],
  },
  'an unknown gateway, disconnected': {
    method: 'POST',
    path: `/api/gateways/${NOBODY}/disconnect`,
    is: [404, 'GATEWAY_NOT_FOUND'],
  },
  'an id that is none': { path: '/api/gateways/1', is: INVALID, paths: ['id'] },
  'an id that is none, for a status': { path: '/api/gateways/x/status', is: INVALID, paths: ['id'] },
  'an id that is none, to delete': { method: 'DELETE', path: '/api/factories/null', is: INVALID, paths: ['id'] },
  'an id that is none, to connect': { method: 'POST', path: '/api/gateways/1/connect', is: INVALID, paths: ['id'] },
  'an id with a NUL': { path: '/api/organizations/%00', is: INVALID, paths: ['id'] },
  'an id with SQL': { path: "/api/factories/1'%20OR%20'1'='1", is: INVALID, paths: ['id'] },
  'an id of 7000 characters': { path: `/api/gateways/${'a'.repeat(7000)}`, is: INVALID, paths: ['id'] },
  'an id of 9000 characters': { path: `/api/gateways/${'a'.repeat(9000)}`, is: TOO_LONG },
  'a path that cannot be decoded': { path: '/api/%zz', is: BAD_URL },
  'a path that is no UTF-8': { path: '/api/gateways/%ff', is: BAD_URL },
  'a query that cannot be decoded': { path: '/api/gateways?search=%zz', is: BAD_URL },
  'a query with a lone surrogate': { path: '/api/factories?search=%ED%A0%80', is: BAD_URL },
  'a URL of 9000 characters': { path: `/api/gateways?search=${'a'.repeat(9000)}`, is: TOO_LONG },
  'a URL of 40000 characters': { path: `/${'a'.repeat(40_000)}`, is: TOO_LONG },
  'headers of 40000 bytes': {
    path: '/api/gateways',
    headers: { 'x-large': 'a'.repeat(40_000) },
    is: [431, 'HEADERS_TOO_LARGE'],
  },
  'an unknown route': { path: '/api/gateway', is: NO_ROUTE },
  'a route without its prefix': { path: '/gateways', is: NO_ROUTE },
  'an unknown route with a body of any type': { ...post('/api/x', 'x', 'text/plain'), is: NO_ROUTE },
  'a method that a route does not have': { ...put('/api/gateways', '{}'), method: 'PATCH', is: NO_ROUTE },
  'a deletion of all': { method: 'DELETE', path: '/api/factories', is: NO_ROUTE },
  'an order by GET': { path: '/api/gateways/{gateway}/connect', is: NO_ROUTE },
  'a path that leads out of the documentation': { path: '/docs/..', is: NO_ROUTE },
  'a documentation page with a NUL': { path: '/docs/%00', is: NO_ROUTE },
};

describe('a bad request', () => {
  it.each(Object.entries(badRequests))(
    'API-06: %s',
    async (_what, { method = 'GET', path, headers, body, is, paths }) => {
      expectRefusal(await send(method, path, { headers: headers ?? {}, body }), ...is, paths);
    },
  );
});

describe('a query with an invalid parameter', () => {
  const CURSOR = encodeCursor(['houses', 'name'], { last: { key: 'a', id: randomUUID() }, total: 1, offset: 1 });
  const queries: [query: string, field: string][] = [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=abc', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=', 'limit'],
    ['limit', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['offset=-1', 'offset'],
    ['offset=1.5', 'offset'],
    ['offset=', 'offset'],
    ['offset=99999999999999999999', 'offset'],
    ['cursor=', 'cursor'],
    ['cursor=abc', 'cursor'],
    ['cursor=a&cursor=b', 'cursor'],
    [`cursor=${CURSOR}`, 'cursor'], // Of another list.
    [`cursor=${CURSOR}&offset=0`, 'cursor'],
    ['sort=', 'sort'],
    ['sort=Name', 'sort'],
    ['sort=%2Bname', 'sort'],
    ['sort=name&sort=name', 'sort'],
    ['ofset=1', 'ofset'],
    ['page[size]=1', 'page[size]'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
  ];
  const searches: [query: string, field: string][] = [
    ['search=', 'search'],
    ['search=%20', 'search'],
    ['search=%00', 'search'],
    [`search=${LONG[255]}`, 'search'],
    ['search=a&search=b', 'search'],
  ];
  const lists: Record<string, [query: string, field: string][]> = {
    organizations: [...searches, ['name=x', 'name']],
    factories: [...searches, ['organization_id=1', 'organization_id'], ['organization_id=', 'organization_id']],
    gateways: [
      ...searches,
      ['factory_id=1', 'factory_id'],
      ['factory_id={factory}&factory_id={factory}', 'factory_id'],
    ],
    connections: [
      ['state=online', 'state.0'],
      ['state=', 'state.0'],
      ['state=connected&state=online', 'state.1'],
      ['reason_code=connected', 'reason_code.0'],
      ['factory_id=1', 'factory_id'],
      ['organization_id=1', 'organization_id'],
      ['search=', 'search'],
      ['sort=created_at', 'sort'],
    ],
  };

  it.each(Object.keys(lists))('API-05: is rejected by GET /api/%s, which names the parameter', async (list) => {
    for (const [query, field] of [...queries, ...(lists[list] ?? [])]) {
      expectRefusal(await send('GET', `/api/${list}?${query}`), 400, 'VALIDATION_ERROR', [field]);
    }
  });
});

describe('a query parameter', () => {
  it('API-05: is rejected by every route that does not know it, by name and with a list of the known ones', async () => {
    const refused: string[] = [];
    for (const { method, path, query } of await operations()) {
      const answer = await send(method, `${path}?ofset=1&__proto__=1`);
      expectRefusal(answer, 400, 'VALIDATION_ERROR', ['ofset', '__proto__']);
      const known = query.length === 0 ? 'this route has no query parameters' : `known: ${query.join(', ')}`;
      expect([path, answer.text]).toEqual([path, expect.stringContaining(`not a known query parameter; ${known}`)]);
      refused.push(`${method} ${path}`);
    }
    expect(refused).toEqual(expect.arrayContaining(['GET /api/health/live', 'POST /api/gateways/{gateway}/connect']));
  });

  it('API-05: is rejected if it is given twice and is not a list', async () => {
    for (const { method, path, query, lists } of await operations()) {
      for (const name of query.filter((each) => !lists.includes(each))) {
        const answer = await send(method, `${path}?${name}=true&${name}=true`);
        expectRefusal(answer, 400, 'VALIDATION_ERROR', [name]);
        expect(answer.text).toContain('must be given only once');
      }
    }
  });

  it('is ignored if it is the cache buster', async () => {
    for (const path of ['/api/health', '/api/gateways', '/api/gateways/{gateway}', '/api/gateways/{gateway}/status']) {
      expect((await send('GET', `${path}?_=1738000000000&_=2`)).status).toBe(200);
    }
    expect((await send('POST', '/api/gateways/{gateway}/disconnect?_')).status).toBe(202);
  });
});

describe('invalid HTTP', () => {
  const cases: Record<string, [raw: string, status: number, code: string]> = {
    'no HTTP at all': ['hello\r\n\r\n', 400, 'BAD_REQUEST'],
    'a header without a name': ['GET /api/health HTTP/1.1\r\nHost: localhost\r\n: 1\r\n\r\n', 400, 'BAD_REQUEST'],
    'two ways to say how long': [
      'POST /api/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'BAD_REQUEST',
    ],
    'a chunk without a length': [
      'POST /api/organizations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
      'BAD_REQUEST',
    ],
    'no host': ['GET /api/health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'BAD_REQUEST'],
    'two hosts': [
      'GET /api/health HTTP/1.1\r\nHost: localhost\r\nHost: 127.0.0.1\r\n\r\n'.replace(
        'HTTP/1.1',
        'HTTP/1.1\r\nConnection: close',
      ),
      400,
      'BAD_REQUEST',
    ],
    'a space in the URL': ['GET /api/a b HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 'BAD_REQUEST'],
    'an endless first line': [`GET /${'a'.repeat(70_000)}`, 414, 'URI_TOO_LONG'],
    'endless headers': [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(70_000)}`, 431, 'HEADERS_TOO_LARGE'],
  };

  it.each(Object.entries(cases))('API-06, QUAL-04: %s', async (_what, [raw, status, code]) => {
    expectRefusal(await sendRaw(raw), status, code);
  });
});

it('QUAL-03: no request of these tests changed a row or a connection, and the service is healthy', async () => {
  const connections = await service.http.get('/api/connections').expect(200);
  expect(connections.body).toMatchObject({
    data: [{ id: known['gateway'], state: 'disconnected' }],
    pagination: { total: 1 },
  });
  await service.http.get('/api/health').expect(200);
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** QUAL-04: the one envelope, and nothing else. */
function expectRefusal(
  { status, type, text }: Answer,
  expected: number,
  code: string,
  paths?: readonly string[],
): void {
  const details = paths?.map((path) => ({
    path,
    message: expect.any(String) as string,
    code: expect.any(String) as string,
  }));
  expect({ status, type, body: JSON.parse(text) as unknown }).toStrictEqual({
    status: expected,
    type: 'application/json; charset=utf-8',
    body: {
      error: { code, message: expect.any(String) as string, statusCode: expected, ...(details && { details }) },
    },
  });
}

function send(
  method: string,
  path: string,
  { headers = JSON_TYPE, body }: { headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(service.url);
  return new Promise((resolve, reject) => {
    const options = { method, hostname, port, path: filled(path), headers, agent: false };
    const request = httpRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text });
      });
    });
    request.on('error', reject); // Also after the answer, when it came before all was sent: too late to matter.
    request.end(typeof body === 'string' ? filled(body) : body);
  });
}

interface Operation {
  readonly method: string;
  readonly path: string;
  /** Names of its query parameters. */
  readonly query: readonly string[];
  /** Those of them that may be repeated. */
  readonly lists: readonly string[];
}

/** Every operation of the OpenAPI document, with a path that can be filled. */
async function operations(): Promise<Operation[]> {
  interface Item {
    parameters?: { name: string; in: string; schema: { type?: string } }[];
  }
  const { paths } = (await service.http.get('/docs-json').expect(200)).body as {
    paths: Record<string, Record<string, Item>>;
  };
  return Object.entries(paths).flatMap(([template, item]) => {
    const path = template.replace(
      '{id}',
      `{${/^\/api\/(organizations|factories|gateways)/.exec(template)?.[1] ?? ''}}`,
    );
    return Object.entries(item).map(([method, { parameters = [] }]) => ({
      method: method.toUpperCase(),
      path: path
        .replace('{organizations}', '{organization}')
        .replace('{factories}', '{factory}')
        .replace('{gateways}', '{gateway}'),
      query: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
      lists: parameters.filter(({ schema }) => schema.type === 'array').map(({ name }) => name),
    }));
  });
}

/** What no client would send. */
function sendRaw(raw: string): Promise<Answer> {
  const { hostname, port } = new URL(service.url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.write(raw));
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', text = ''] = received.split('\r\n\r\n');
      resolve({
        status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
        type: /^content-type: (.*)$/im.exec(head)?.[1] ?? '',
        text,
      });
    });
  });
}

function filled(template: string): string {
  return template.replace(/\{(organization|factory|gateway|label)\}/g, (_, name: string) => known[name] ?? '');
}

/** Changes with any value of any row of any table. */
async function fingerprint(): Promise<string> {
  const { rows } = await sql.query<{ rows: string }>(
    `SELECT concat_ws(' ',
       (SELECT count(*) || ':' || md5(string_agg(row::text, '' ORDER BY id)) FROM organizations AS row),
       (SELECT count(*) || ':' || md5(string_agg(row::text, '' ORDER BY id)) FROM factories AS row),
       (SELECT count(*) || ':' || md5(string_agg(row::text, '' ORDER BY id)) FROM gateways AS row)) AS rows`,
  );
  return rows[0]?.rows ?? '';
}

function nested(levels: number): object {
  return levels === 1 ? {} : { a: nested(levels - 1) };
}
