import type { Actor, KeyLimits, Scope } from '../common/actor';
import { isWithinNetworks, networksOf } from '../common/allowed-networks';
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

/**
 * Checks that an actor may make a key with these limits: it works from no more addresses and no longer than the actor's own key.
 * Otherwise the holder of a limited key could create one without limits.
 * @param wanted only the limits that are new
 * @throws ScopeNotHeldError
 */
export function requireWithinLimits({ limits }: Actor, { allowedNetworks, expiresAt }: Partial<KeyLimits>): void {
  if (limits?.allowedNetworks && allowedNetworks !== undefined) {
    const own = networksOf(limits.allowedNetworks.join());
    const isWithin = allowedNetworks !== null && isWithinNetworks(networksOf(allowedNetworks.join()), own);
    if (!isWithin) throw ScopeNotHeldError.forNetworks();
  }
  if (limits?.expiresAt && expiresAt !== undefined && (!expiresAt || expiresAt > limits.expiresAt))
    throw ScopeNotHeldError.forExpiry();
}
