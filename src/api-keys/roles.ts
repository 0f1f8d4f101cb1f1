import type { Scope } from '../common/actor';

export const ROLES = ['viewer', 'operator', 'admin'] as const;

/** A named set of scopes. Nothing but the records of keys knows roles. */
export type Role = (typeof ROLES)[number];

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

const VIEWER: readonly Scope[] = [
  ...(['organizations:read', 'factories:read', 'gateways:read', 'connections:read', 'readings:read'] as const),
];
const OPERATOR: readonly Scope[] = [...VIEWER, 'connections:order', 'gateways:test', 'readings:order'];
const ADMIN: readonly Scope[] = [
  ...OPERATOR,
  ...(['factories:write', 'gateways:write', 'gateways:redirect', 'keys:read', 'keys:write', 'audit:read'] as const),
];
/** Only for keys of the whole installation: an organization cannot rename or delete itself, or change what holds for all. */
const INSTANCE_ADMIN: readonly Scope[] = [...ADMIN, 'organizations:write', 'severity:write'];

/** What a role allows. @param organizationId of the key; null for a key of the whole installation */
export function scopesOf(role: Role, organizationId: string | null): readonly Scope[] {
  switch (role) {
    case 'viewer':
      return VIEWER;
    case 'operator':
      return OPERATOR;
    case 'admin':
      return organizationId === null ? INSTANCE_ADMIN : ADMIN;
  }
}

interface Rights {
  readonly role: Role;
  readonly organizationId: string | null;
  /** Null: all scopes of the role. */
  readonly scopes: readonly Scope[] | null;
}

/** The scopes that a key has: those it names, as far as its role allows them. */
export function grantedScopes({ role, organizationId, scopes }: Rights): readonly Scope[] {
  const allowed = scopesOf(role, organizationId);
  return scopes ? allowed.filter((scope) => scopes.includes(scope)) : allowed;
}
