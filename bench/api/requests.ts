import { randomInt, randomUUID } from 'node:crypto';
import { DEFAULT_LOGIN } from '../../src/simulator/gateway-options';
import type { Rows } from '../support/bench-database';

export type RequestName = 'get' | 'list' | 'filtered-list' | 'create' | 'update' | 'status' | 'connections' | 'health';

/** A request as the load generator takes it; `setupRequest` makes each one anew. */
export interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly setupRequest?: (request: object) => Request;
}

const headers = { 'content-type': 'application/json' };
const VARIETY = 200;

/** What one kind of request looks like: many gateways in turn, and no two bodies alike. */
export function requestsOf(name: RequestName, { gatewayIds, factoryIds }: Rows): Request[] {
  const gateway = (): string => `/api/gateways/${any(gatewayIds)}`;
  switch (name) {
    case 'get':
      return varied(() => ({ path: gateway() }));
    case 'status':
      return varied(() => ({ path: `${gateway()}/status` }));
    case 'list':
      return [{ path: '/api/gateways?limit=20' }];
    case 'filtered-list':
      return varied(() => ({ path: `/api/gateways?limit=20&factory_id=${any(factoryIds)}` }));
    case 'connections':
      return [{ path: '/api/connections?limit=20' }];
    case 'health':
      return [{ path: '/api/health' }];
    case 'create':
      return [each(() => ({ method: 'POST', path: '/api/gateways', body: aGateway(any(factoryIds)) }))];
    case 'update':
      return [each(() => ({ method: 'PUT', path: gateway(), body: aChange() }))];
  }
}

function each(make: () => object): Request {
  return { headers, setupRequest: (request) => ({ ...request, ...make() }) };
}

function varied(make: () => Request): Request[] {
  return Array.from({ length: VARIETY }, make);
}

function any(ids: readonly string[]): string {
  return ids[randomInt(ids.length)] ?? '';
}

function aGateway(factory_id: string): string {
  const unique = randomUUID();
  const url = `ws://127.0.0.1:9/${unique}`;
  const [gateway_id, name] = [`GW-${unique}`, `Gateway ${unique}`];
  return JSON.stringify({ factory_id, gateway_id, name, url, ...DEFAULT_LOGIN, desired_state: 'disconnected' });
}

function aChange(): string {
  return JSON.stringify({ name: `Gateway ${randomUUID()}`, metadata: { line: randomInt(1000), hall: 'north' } });
}
