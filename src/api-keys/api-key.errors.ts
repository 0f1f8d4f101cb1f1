import type { Scope } from '../common/actor';
import { ConflictError, ForbiddenError, NotFoundError, UnprocessableError } from '../common/domain-error';

/** No key within reach has this id. */
export class KeyNotFoundError extends NotFoundError {
  readonly code = 'KEY_NOT_FOUND';

  constructor(id: string) {
    super(`There is no key ${id}`);
  }
}

/** A revoked key cannot be changed, and a key that has ended cannot be rotated. */
export class KeyNotActiveError extends ConflictError {
  readonly code = 'KEY_NOT_ACTIVE';

  constructor() {
    super('The key is revoked or has expired');
  }
}

/** After the change, no key could create unlimited keys for the whole installation. */
export class LastAdminError extends ConflictError {
  readonly code = 'LAST_ADMIN';

  constructor() {
    super('This is the last admin key of the installation, or the last one without limits: create another one first');
  }
}

/** Nobody grants what they lack. */
export class ScopeNotHeldError extends UnprocessableError {
  readonly code = 'SCOPE_NOT_HELD';

  static for(scope: Scope): ScopeNotHeldError {
    return new ScopeNotHeldError(`The key would have ${scope}, which the caller does not have`, 'scopes');
  }

  static forNetworks(): ScopeNotHeldError {
    return new ScopeNotHeldError(
      'The key would work from addresses from which the caller’s does not',
      'allowed_networks',
    );
  }

  static forExpiry(): ScopeNotHeldError {
    return new ScopeNotHeldError('The key would work longer than the caller’s', 'expires_at');
  }

  static forInstallation(): ScopeNotHeldError {
    return new ScopeNotHeldError('Only keys of the whole installation can make such keys', 'organization_id');
  }
}

export class ScopeNotInRoleError extends UnprocessableError {
  readonly code = 'SCOPE_NOT_IN_ROLE';

  constructor(scope: Scope) {
    super(`The role of this key does not have ${scope}`, 'scopes');
  }
}

/** All keys are kept in the memory of every service. */
export class KeyLimitReachedError extends UnprocessableError {
  readonly code = 'LIMIT_REACHED';

  constructor(limit: number) {
    super(`There are ${limit} keys already: revoke some first`);
  }
}

/** The key has `allowed_networks`, and the caller is in none of them. */
export class AddressNotAllowedError extends ForbiddenError {
  readonly code = 'ADDRESS_NOT_ALLOWED';

  constructor() {
    super('This key is not valid from this address');
  }
}
