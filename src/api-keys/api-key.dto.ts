import { z } from 'zod';
import { SCOPES } from '../common/actor';
import type { Actor } from '../common/actor';
import { PREFIX_LENGTH } from '../common/api-key-format';
import { id, networkList, requiredText, timestamp } from '../http/contract/fields';
import { pageOf, pageQuery, toListRequest } from '../http/contract/page.dto';
import type { ListRequest } from '../http/contract/page.dto';
import { ReadOnlyFieldError, updateOf } from '../http/contract/read-only';
import { RequestInvalidError } from '../http/contract/validation';
import { createZodDto } from '../http/contract/zod-dto';
import type { ApiKeyRow } from './api-key.entity';
import type { KeyChanges, KeyQuery, NewKey } from './api-keys.repository';
import type { MadeKey } from './api-keys.service';
import { KEY_STATES, stateOf } from './key-state';
import { ROLES } from './roles';
import type { VerifiedKey } from './verified-key';

const MAX_NETWORKS = 20;
const MAX_OVERLAP_SECONDS = 604_800; // A week.
const MS_PER_DAY = 86_400_000;
const YEAR_10000 = Date.UTC(10_000, 0);

const role = z.enum(ROLES).meta({ description: 'A named set of scopes' });
const scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .nullable()
  .meta({
    description: "Some of the role's scopes; null: all of them",
    example: ['gateways:read', 'connections:read'],
  });
const organizationId = id.nullable().meta({ description: 'The organization that the key sees; null: all of them' });
const allowedNetworks = networkList(MAX_NETWORKS)
  .nullable()
  .meta({ description: "Networks that the caller's address must be in; null: any", example: ['10.0.0.0/8'] });
const expiresAt = z.iso
  .datetime({ offset: true })
  .nullable()
  .meta({ description: 'When the key stops working; null: never', example: '2027-01-01T00:00:00Z' });

const changeable = {
  name: requiredText(255).meta({ example: 'Dashboard of hall 3' }),
  expires_at: expiresAt,
  allowed_networks: allowedNetworks,
  scopes,
};

const key = z
  .object({
    id,
    name: z.string(),
    prefix: z.string().length(PREFIX_LENGTH).meta({ description: 'The start of the key', example: 'gwh_7dK2mQ9x' }),
    organization_id: organizationId,
    role,
    scopes,
    allowed_networks: allowedNetworks,
    state: z.enum(KEY_STATES),
    expires_at: timestamp.nullable(),
    revoked_at: timestamp.nullable(),
    last_used_at: timestamp.nullable().meta({ description: 'Up to a minute late' }),
    last_used_address: z.string().nullable(),
    created_by: z
      .object({ kind: z.enum(['key', 'command', 'system', 'anonymous']), id: z.string(), name: z.string() })
      .meta({ id: 'KeyMaker' }),
    rotated_from: id.nullable().meta({ description: 'The key that this one replaces' }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Key' });

export class CreateKeyDto extends createZodDto(
  z
    .strictObject({ ...changeable, role, organization_id: organizationId })
    .partial({ expires_at: true, allowed_networks: true, scopes: true, organization_id: true })
    .meta({ id: 'CreateKey', example: { name: 'Dashboard of hall 3', role: 'viewer' } }),
) {}

export class UpdateKeyDto extends createZodDto(
  updateOf(key, changeable).meta({ id: 'UpdateKey', example: { name: 'Dashboard of hall 4' } }),
) {}

export class RotateKeyDto extends createZodDto(
  z
    .strictObject({
      overlap_seconds: z
        .int()
        .min(0)
        .max(MAX_OVERLAP_SECONDS)
        .default(0)
        .meta({ description: 'For so long the old key works as well' }),
    })
    .prefault({}) // The body may be absent.
    .meta({ id: 'RotateKey', example: { overlap_seconds: 3600 } }),
) {}

export class KeyQueryDto extends createZodDto(
  z.strictObject({
    ...pageQuery,
    organization_id: id.optional().meta({ description: 'Only keys of this organization' }),
    state: z.enum(KEY_STATES).optional().meta({ description: 'Only keys in this state' }),
  }),
) {}

export class KeyDto extends createZodDto(key) {}

export class MadeKeyDto extends createZodDto(
  key
    .extend({ secret: z.string().meta({ description: 'The key. No other response contains it' }) })
    .meta({ id: 'MadeKey' }),
) {}

export class KeyPageDto extends createZodDto(pageOf(key).meta({ id: 'KeyPage' })) {}

/** The caller. */
export const me = z.object({
  kind: z.enum(['key', 'anonymous']),
  id: z.string(),
  name: z.string(),
  organization_id: organizationId,
  role,
  scopes: z.array(z.enum(SCOPES)),
  expires_at: timestamp.nullable(),
});

export class MeDto extends createZodDto(me.meta({ id: 'Me' })) {}

export function toKeyQuery({ organization_id, state, ...page }: KeyQueryDto): KeyQuery & ListRequest {
  const list = toListRequest('keys', { ...page, sort: 'name' as const }, [organization_id, state]);
  return {
    ...list,
    ...(organization_id !== undefined && { organizationId: organization_id }),
    ...(state !== undefined && { state }),
  };
}

/**
 * @param maxDays the longest life of a key; undefined: unlimited
 * @throws RequestInvalidError if the expiry is in the past or too far away
 */
export function toNewKey(actor: Actor, body: CreateKeyDto, maxDays: number | undefined): NewKey {
  const { role: ofKey, organization_id = actor.organizationId, expires_at = null, ...rest } = body;
  const changes = toKeyChanges({ ...rest, expires_at }, maxDays);
  return { ...changes, name: body.name, role: ofKey, organizationId: organization_id };
}

/** @throws RequestInvalidError as `toNewKey` does */
export function toKeyChanges(
  { name, scopes: some, allowed_networks, expires_at }: Pick<UpdateKeyDto, keyof typeof changeable>,
  maxDays: number | undefined,
): KeyChanges {
  return {
    ...(name !== undefined && { name }),
    ...(some !== undefined && { scopes: some }),
    ...(allowed_networks !== undefined && { allowedNetworks: allowed_networks }),
    ...(expires_at !== undefined && { expiresAt: toExpiry(expires_at, maxDays) }),
  };
}

function toExpiry(text: string | null, maxDays: number | undefined): Date | null {
  const at = text === null ? null : new Date(text);
  const now = Date.now();
  if (at && at.getTime() >= YEAR_10000) throw invalidExpiry('must be before the year 10000'); // RFC 3339 cannot write it.
  if (at && at.getTime() <= now) throw invalidExpiry('must be in the future');
  if (maxDays !== undefined && (!at || at.getTime() > now + maxDays * MS_PER_DAY)) {
    throw invalidExpiry(`must be at most ${maxDays} days away (API_KEY_MAX_DAYS)`);
  }
  return at;
}

function invalidExpiry(message: string): RequestInvalidError {
  return new RequestInvalidError([{ path: 'expires_at', message, code: 'custom' }]);
}

/** Fields that a PUT may send back, but not change. */
const FIXED = ['prefix', 'organization_id', 'role', 'created_by', 'rotated_from'] as const;

/** @throws ReadOnlyFieldError if the body has another value for a field that cannot be changed */
export function requireUnchanged(body: UpdateKeyDto, row: ApiKeyRow): void {
  const stored = toKeyDto(row);
  const changed = FIXED.find((field) => body[field] !== undefined && !isSame(body[field], stored[field]));
  if (changed !== undefined) throw new ReadOnlyFieldError(changed);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function toKeyDto(row: ApiKeyRow): KeyDto {
  const { kind, id: makerId, name } = row.createdBy;
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    organization_id: row.organizationId,
    role: row.role,
    scopes: row.scopes,
    allowed_networks: row.allowedNetworks,
    state: stateOf(row),
    expires_at: row.expiresAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
    last_used_address: row.lastUsedAddress,
    created_by: { kind, id: makerId, name },
    rotated_from: row.rotatedFrom,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** @param key of the actor; undefined if it has none */
export function toMeDto(actor: Actor, key: Pick<VerifiedKey, 'role' | 'expiresAt'> | undefined): MeDto {
  return {
    kind: actor.kind === 'key' ? 'key' : 'anonymous',
    id: actor.id,
    name: actor.name,
    organization_id: actor.organizationId,
    role: key?.role ?? 'admin',
    scopes: [...actor.scopes],
    expires_at: key && key.expiresAt !== Infinity ? new Date(key.expiresAt).toISOString() : null,
  };
}

export function toMadeKeyDto({ row, secret }: MadeKey): MadeKeyDto {
  return Object.assign(toKeyDto(row), { secret });
}
