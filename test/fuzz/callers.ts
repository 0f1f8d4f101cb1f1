import { scopesOf } from '../../src/api-keys/roles';
import { generateKey } from '../../src/common/api-key-format';
import type { KeyedService } from '../support/keyed-service';
import type { Operation } from './document';

/** Somebody who sends requests. */
export interface Caller {
  readonly name: string;
  /** Can refer to rows: see `rows.ts`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null if the service does not know who calls. */
  readonly scopes: ReadonlySet<string> | null;
  readonly isOfOrganization?: boolean;
}

/**
 * An admin of the whole installation, then a caller of each other kind. The keys of an organization are made anew with the rows: see
 * `world.ts`.
 */
export async function callersOf(service: KeyedService): Promise<readonly [admin: Caller, ...others: Caller[]]> {
  const [viewer, operator, narrow] = await Promise.all([
    service.make({ role: 'viewer' }),
    service.make({ role: 'operator' }),
    service.make({ role: 'admin', scopes: ['keys:read', 'gateways:write'] }),
  ]);
  const unknown = generateKey();
  return [
    withKey('admin', service.admin, scopesOf('admin', null)),
    withKey('viewer', viewer.secret, scopesOf('viewer', null)),
    withKey('operator', operator.secret, scopesOf('operator', null)),
    withKey('admin with two scopes', narrow.secret, ['keys:read', 'gateways:write']),
    {
      ...withKey('admin of an organization', '~secret.0~', scopesOf('admin', 'an organization')),
      isOfOrganization: true,
    },
    {
      ...withKey('viewer of an organization', '~secret.1~', scopesOf('viewer', 'an organization')),
      isOfOrganization: true,
    },
    { name: 'no key', headers: {}, scopes: null },
    withKey('unknown key', unknown, null),
    withKey('key with a wrong check', `${unknown.slice(0, -1)}${unknown.endsWith('0') ? '1' : '0'}`, null),
  ];
}

function withKey(name: string, key: string, scopes: readonly string[] | null): Caller {
  return { name, headers: { authorization: `Bearer ${key}` }, scopes: scopes && new Set(scopes) };
}

/** The status with which an operation refuses a caller; null if it does not. */
export function refusalOf({ scope }: Operation, { scopes }: Caller): 401 | 403 | null {
  if (scope === 'public') return null;
  if (scopes === null) return 401;
  return scope === 'any' || scopes.has(scope) ? null : 403;
}
