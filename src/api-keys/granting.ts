import type { Actor, Scope } from '../common/actor';
import { ScopeNotHeldError, ScopeNotInRoleError } from './api-key.errors';
import { grantedScopes, scopesOf } from './roles';
import type { Role } from './roles';

interface Rights {
  readonly role: Role;
  readonly organizationId: string | null;
  readonly scopes: readonly Scope[] | null;
}

/**
 * Checks that an actor may make or change a key with these rights: each named scope belongs to the role, and the actor has every one.
 * @throws ScopeNotInRoleError, ScopeNotHeldError
 */
export function requireGrantable(actor: Actor, rights: Rights): void {
  const ofRole = scopesOf(rights.role, rights.organizationId);
  const foreign = rights.scopes?.find((scope) => !ofRole.includes(scope));
  if (foreign !== undefined) throw new ScopeNotInRoleError(foreign);
  const lacking = grantedScopes(rights).find((scope) => !actor.scopes.has(scope));
  if (lacking !== undefined) throw ScopeNotHeldError.for(lacking);
}
