import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { isDeepStrictEqual } from 'node:util';
import { by } from '../common/actor';
import type { Actor, KeyLimits, Reach } from '../common/actor';
import { generateKey } from '../common/api-key-format';
import type { Page } from '../common/page';
import type { IfMatch } from '../common/precondition';
import { UnknownOrganizationError } from '../organizations/organization.errors';
import type { ApiKeyRow } from './api-key.entity';
import { KeyNotActiveError, KeyNotFoundError, ScopeNotHeldError } from './api-key.errors';
import { ApiKeysRepository } from './api-keys.repository';
import type { KeyChanges, KeyQuery, NewKey } from './api-keys.repository';
import { requireGrantable, requireWithinLimits } from './granting';
import { VerifiedKeys } from './verified-keys';

/** A key that was just made, with its text, which nobody can read later. */
export interface MadeKey {
  readonly row: ApiKeyRow;
  readonly secret: string;
}

/** Keys as their administrators see them. A change works in this service before the method returns, in others soon after. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly verified: VerifiedKeys,
    @InjectPinoLogger(ApiKeysService.name) private readonly logger: PinoLogger,
  ) {}

  /** @throws ScopeNotInRoleError, ScopeNotHeldError, UnknownOrganizationError, KeyLimitReachedError */
  async create(actor: Actor, draft: NewKey): Promise<MadeKey> {
    requireOrganization(actor, draft.organizationId);
    const { scopes = null, allowedNetworks = null, expiresAt = null } = draft;
    requireGrantable(actor, { ...draft, scopes });
    requireWithinLimits(actor, { allowedNetworks, expiresAt });
    const secret = generateKey();
    const row = await this.keys.create(actor, draft, secret);
    if (!row) throw new UnknownOrganizationError(draft.organizationId ?? '');
    await this.verified.refresh(row.id);
    this.logger.info({ keyId: row.id, prefix: row.prefix, role: row.role, ...by(actor) }, 'key created');
    return { row, secret };
  }

  findAll(reach: Reach, query: KeyQuery): Promise<Page<ApiKeyRow>> {
    return this.keys.findAll(reach, query);
  }

  /** @throws KeyNotFoundError */
  async get(reach: Reach, id: string): Promise<ApiKeyRow> {
    const row = await this.keys.findById(reach, id);
    if (!row) throw new KeyNotFoundError(id);
    return row;
  }

  /**
   * @param check called with the key before it is changed
   * @throws KeyNotFoundError, KeyNotActiveError, ScopeNotInRoleError, ScopeNotHeldError, LastAdminError, PreconditionFailedError
   */
  async update(
    actor: Actor,
    id: string,
    changes: KeyChanges,
    condition: IfMatch,
    check: (row: ApiKeyRow) => void,
  ): Promise<ApiKeyRow> {
    const row = await this.get(actor, id);
    check(row);
    requireGrantable(actor, { ...row, scopes: changes.scopes === undefined ? row.scopes : changes.scopes });
    requireWithinLimits(actor, newLimits(row, changes));
    const changed = await this.keys.update(actor, id, changes, condition);
    if (!changed) throw new KeyNotActiveError();
    await this.verified.refresh(id);
    this.logger.info({ keyId: id, fields: Object.keys(changes), ...by(actor) }, 'key updated');
    return changed;
  }

  /**
   * Replaces a key by one with the same rights.
   * @throws KeyNotFoundError, KeyNotActiveError, ScopeNotHeldError, KeyLimitReachedError
   */
  async rotate(actor: Actor, id: string, overlapSeconds: number): Promise<MadeKey> {
    const old = await this.get(actor, id);
    requireGrantable(actor, old);
    requireWithinLimits(actor, old);
    const secret = generateKey();
    const row = await this.keys.rotate(actor, id, secret, overlapSeconds);
    if (!row) throw new KeyNotActiveError();
    await Promise.all([this.verified.refresh(id), this.verified.refresh(row.id)]);
    this.logger.info({ keyId: row.id, rotatedFrom: id, prefix: row.prefix, ...by(actor) }, 'key rotated');
    return { row, secret };
  }

  /** Revoking a key again has no effect. @throws KeyNotFoundError, LastAdminError, PreconditionFailedError */
  async revoke(actor: Actor, id: string, condition: IfMatch): Promise<void> {
    if (!(await this.keys.revoke(actor, id, condition))) {
      await this.get(actor, id);
      return;
    }
    await this.verified.refresh(id);
    this.logger.info({ keyId: id, ...by(actor) }, 'key revoked');
  }
}

/** Keys of an organization make keys of the same one only. @throws ScopeNotHeldError, UnknownOrganizationError */
function requireOrganization(actor: Actor, organizationId: string | null): void {
  if (actor.organizationId === null || actor.organizationId === organizationId) return;
  if (organizationId === null) throw ScopeNotHeldError.forInstallation();
  throw new UnknownOrganizationError(organizationId);
}

/** The limits that a change sets to another value. */
function newLimits(row: ApiKeyRow, { allowedNetworks, expiresAt }: KeyChanges): Partial<KeyLimits> {
  return {
    ...(!isDeepStrictEqual(allowedNetworks, row.allowedNetworks) &&
      allowedNetworks !== undefined && { allowedNetworks }),
    ...(!isDeepStrictEqual(expiresAt, row.expiresAt) && expiresAt !== undefined && { expiresAt }),
  };
}
