import { randomInt, randomUUID } from 'node:crypto';
import { DEFAULT_LOGIN } from '../../simulator/gateway-options';
import type { Rows } from '../support/rows';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** JSON. */
  readonly body?: string;
}

/** A kind of request. Each is one figure of the benchmark. */
export interface RequestKind {
  /** Id of its figure and its bar, without the prefix `api.`. */
  readonly id: string;
  readonly title: string;
  /** Builds one request, with random ids and a unique body. */
  readonly make: (rows: Rows) => Request;
  /** Whether both programs answer it without the database. */
  readonly isAnsweredFromMemory?: boolean;
}

/** All kinds in measuring order. Creates come last, because they grow the tables. */
export const REQUEST_KINDS: readonly RequestKind[] = [
  get('get-organization', 'GET /organizations/:id', (rows) => `/organizations/${any(rows.organizationIds)}`),
  get('get-factory', 'GET /factories/:id', (rows) => `/factories/${any(rows.factoryIds)}`),
  get('get-gateway', 'GET /gateways/:id', (rows) => `/gateways/${any(rows.gatewayIds)}`),
  get('list-organizations', 'GET /organizations', () => '/organizations?limit=20'),
  get('list-factories', 'GET /factories', () => '/factories?limit=20'),
  get('list-gateways', 'GET /gateways', () => '/gateways?limit=20'),
  get(
    'list-factories-of-organization',
    'GET /factories?organization_id',
    ({ largeOrganizationIds }) => `/factories?limit=20&organization_id=${any(largeOrganizationIds)}`,
  ),
  get(
    'list-gateways-of-factory',
    'GET /gateways?factory_id',
    ({ largeFactoryIds }) => `/gateways?limit=20&factory_id=${any(largeFactoryIds)}`,
  ),
  get('search-organizations', 'GET /organizations?search', () => `/organizations?limit=20&search=${randomInt(10)}`),
  get('search-factories', 'GET /factories?search', () => `/factories?limit=20&search=${randomInt(10)}`),
  get('search-gateways', 'GET /gateways?search', () => `/gateways?limit=20&search=${randomInt(10)}`),
  fromMemory('status', 'GET /gateways/:id/status', (rows) => `/gateways/${any(rows.gatewayIds)}/status`),
  fromMemory('connections', 'GET /connections', () => '/connections?limit=20'),
  fromMemory('health', 'GET /health', () => '/health'),
  put('update-organization', 'PUT /organizations/:id', (rows) => `/organizations/${any(rows.organizationIds)}`),
  put('update-factory', 'PUT /factories/:id', (rows) => `/factories/${any(rows.factoryIds)}`),
  put('update-gateway', 'PUT /gateways/:id', (rows) => `/gateways/${any(rows.gatewayIds)}`),
  post('create-organization', 'POST /organizations', '/organizations', () => ({})),
  post('create-factory', 'POST /factories', '/factories', (rows) => ({ organization_id: any(rows.organizationIds) })),
  post('create-gateway', 'POST /gateways', '/gateways', (rows) => aGateway(any(rows.factoryIds))),
];

function get(id: string, title: string, pathOf: (rows: Rows) => string): RequestKind {
  return { id, title, make: (rows) => ({ method: 'GET', path: `/api${pathOf(rows)}` }) };
}

function fromMemory(...of: Parameters<typeof get>): RequestKind {
  return { ...get(...of), isAnsweredFromMemory: true };
}

function put(id: string, title: string, pathOf: (rows: Rows) => string): RequestKind {
  const body = (): string => JSON.stringify(named());
  return { id, title, make: (rows) => ({ method: 'PUT', path: `/api${pathOf(rows)}`, body: body() }) };
}

function post(id: string, title: string, path: string, fieldsOf: (rows: Rows) => object): RequestKind {
  const body = (rows: Rows): string => JSON.stringify({ ...named(), ...fieldsOf(rows) });
  return { id, title, make: (rows) => ({ method: 'POST', path: `/api${path}`, body: body(rows) }) };
}

function named(): object {
  return { name: `Name ${randomUUID()}`, metadata: { line: 4, hall: 'north' } };
}

function aGateway(factory_id: string): object {
  const unique = randomUUID();
  const [gateway_id, url] = [`GW-${unique}`, `ws://127.0.0.1:9/${unique}`];
  return { factory_id, gateway_id, url, ...DEFAULT_LOGIN, desired_state: 'disconnected' };
}

function any(ids: readonly string[]): string {
  return ids[randomInt(ids.length)] ?? '';
}
