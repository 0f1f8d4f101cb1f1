import { SCOPES } from '../common/actor';
import type { Actor, Scope } from '../common/actor';
import { requireGrantable } from './granting';
import { grantedScopes, isRole, ROLES, scopesOf } from './roles';

const SOME = 'organization';
const READS = ['organizations:read', 'factories:read', 'gateways:read', 'connections:read', 'readings:read'];
const OPERATES = ['connections:order', 'gateways:test', 'readings:order'];

const withScopes = (scopes: readonly Scope[]): Actor => ({
  kind: 'key',
  id: 'id',
  name: 'name',
  organizationId: null,
  scopes: new Set(scopes),
});

describe('roles', () => {
  it('SEC-07: viewers read, operators also order and test, admins do the rest', () => {
    expect(scopesOf('viewer', null)).toEqual(READS);
    expect(scopesOf('operator', null)).toEqual([...READS, ...OPERATES]);
    expect(new Set(scopesOf('admin', null))).toEqual(new Set(SCOPES));
  });

  it('SEC-07: only admins of the whole installation change organizations', () => {
    const changers = ROLES.flatMap((role) =>
      [null, SOME].filter((organization) => scopesOf(role, organization).includes('organizations:write')),
    );
    expect(changers).toEqual([null]);
  });

  it('SEC-07: named scopes narrow a role, and never widen it', () => {
    const role = 'viewer';
    expect(grantedScopes({ role, organizationId: null, scopes: null })).toEqual(READS);
    expect(grantedScopes({ role, organizationId: null, scopes: ['gateways:read'] })).toEqual(['gateways:read']);
    expect(grantedScopes({ role, organizationId: null, scopes: ['gateways:write'] })).toEqual([]);
  });

  it('knows its names', () => {
    expect(['viewer', 'operator', 'admin', 'boss', 'constructor'].filter(isRole)).toEqual(ROLES);
  });
});

describe('granting', () => {
  const allows = (scopes: readonly Scope[], rights: Parameters<typeof requireGrantable>[1]) => () =>
    requireGrantable(withScopes(scopes), rights);

  it('SEC-08: an actor grants what it has', () => {
    for (const role of ROLES) {
      const rights = { role, organizationId: SOME, scopes: null };
      expect(allows(scopesOf(role, SOME), rights)).not.toThrow();
    }
  });

  it('SEC-08: an actor that lacks any one scope cannot grant it', () => {
    const all = scopesOf('admin', null);
    for (const lacking of all) {
      const others = all.filter((scope) => scope !== lacking);
      expect(allows(others, { role: 'admin', organizationId: null, scopes: null })).toThrow(lacking);
      expect(allows(others, { role: 'admin', organizationId: null, scopes: [lacking] })).toThrow(lacking);
      expect(allows(others, { role: 'admin', organizationId: null, scopes: others })).not.toThrow();
    }
  });

  it('SEC-08: nobody grants a scope that the role does not have', () => {
    expect(allows(SCOPES, { role: 'viewer', organizationId: null, scopes: ['keys:write'] })).toThrow('keys:write');
    expect(allows(SCOPES, { role: 'admin', organizationId: SOME, scopes: ['organizations:write'] })).toThrow(
      'organizations:write',
    );
  });
});
