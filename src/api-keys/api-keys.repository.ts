import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Actor, Reach, Scope } from '../common/actor';
import { digestOf, prefixOf } from '../common/api-key-format';
import type { Page, PageRequest } from '../common/page';
import type { IfMatch } from '../common/precondition';
import { insertAuditSql } from '../database/sql/audit-sql';
import type { AuditRow } from '../database/sql/audit-sql';
import { changeableSql, requireRevisionOf } from '../database/sql/changeable';
import { SqlColumns } from '../database/sql/columns';
import { findPage } from '../database/sql/find-page';
import { lockParentSql } from '../database/sql/living-rows';
import { Parameters } from '../database/sql/parameters';
import { Selection, withinReach } from '../database/sql/selection';
import { ApiKey } from './api-key.entity';
import type { ApiKeyRow } from './api-key.entity';
import { KeyLimitReachedError, LastAdminError } from './api-key.errors';
import type { KeyState } from './key-state';
import type { Role } from './roles';

/** All keys that work are in the memory of every service. */
export const MAX_LIVING_KEYS = 10_000;

/** The fields of a key that users can change. Undefined fields are not changed. */
export interface KeyChanges {
  readonly name?: string;
  /** Null: all scopes of the role. */
  readonly scopes?: readonly Scope[] | null;
  readonly allowedNetworks?: readonly string[] | null;
  readonly expiresAt?: Date | null;
}

export interface NewKey extends KeyChanges {
  readonly name: string;
  readonly role: Role;
  readonly organizationId: string | null;
}

export interface KeyQuery extends PageRequest {
  readonly organizationId?: string;
  readonly state?: KeyState;
}

/** What the cache needs of a key. */
export type CachedKeyRow = ApiKeyRow & { readonly hash: Buffer };

/** When and from where a key was last used. */
export interface KeyUse {
  readonly at: Date;
  readonly address: string | null;
}

/** The owners of keys. One is locked before its keys, as its deletion does, which also ends them. */
const ORGANIZATIONS = { table: 'organizations', organization: 'id' } as const;

const IS_LIVING = `revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;

const IN_STATE: Record<KeyState, string> = {
  active: IS_LIVING,
  expired: 'revoked_at IS NULL AND expires_at <= now()',
  revoked: 'revoked_at IS NOT NULL',
};

/** An admin key of the whole installation that can make keys. */
const IS_INSTANCE_ADMIN = `organization_id IS NULL AND role = 'admin' AND ${IS_LIVING}
  AND (scopes IS NULL OR 'keys:write' = ANY (scopes))`;

/** A key that works for ever and from everywhere, with all scopes of its role. */
const IS_UNLIMITED = `expires_at IS NULL AND allowed_networks IS NULL AND scopes IS NULL`;

/** The fields that the audit log records: property, column and type. */
const AUDITED = [
  ['name', 'name', 'varchar'],
  ['scopes', 'scopes', 'text[]'],
  ['allowedNetworks', 'allowed_networks', 'cidr[]'],
  ['expiresAt', 'expires_at', 'timestamptz'],
] as const;

/** Keys within reach, revoked ones too. Every change is one statement with its row in the audit log. */
@Injectable()
export class ApiKeysRepository {
  private readonly columns: SqlColumns<ApiKey>;

  constructor(@InjectRepository(ApiKey) private readonly repository: Repository<ApiKey>) {
    this.columns = new SqlColumns(repository.metadata);
  }

  async findById(
    reach: Reach,
    id: string,
    manager: EntityManager = this.repository.manager,
  ): Promise<ApiKeyRow | null> {
    const parameters = new Parameters();
    const conditions = [`id = ${parameters.add(id)}`, ...withinReach(reach, 'organization_id', parameters)];
    const [row] = await manager.query<ApiKeyRow[]>(
      `SELECT ${this.columns.selected} FROM api_keys AS "row" WHERE ${conditions.join(' AND ')}`,
      parameters.values,
    );
    return row ?? null;
  }

  /** The key whose public part this is. */
  async findByPrefix(prefix: string): Promise<ApiKeyRow | null> {
    const [row] = await this.repository.query<ApiKeyRow[]>(
      `SELECT ${this.columns.selected} FROM api_keys AS "row" WHERE prefix = $1`,
      [prefix],
    );
    return row ?? null;
  }

  findAll(reach: Reach, { organizationId, state, ...page }: KeyQuery): Promise<Page<ApiKeyRow>> {
    const selection = new Selection(reach, 'organization_id', [])
      .where('organization_id', organizationId)
      .and(state && IN_STATE[state]);
    return findPage<ApiKeyRow>(this.repository, this.columns, selection, page);
  }

  /** Every key that works, with its digest; with `ids` only those of them. */
  findUsable(ids: readonly string[] | null): Promise<CachedKeyRow[]> {
    const parameters = new Parameters();
    // A condition for both cases would have one plan for both, which reads every key.
    const chosen = ids === null ? '' : ` AND id = ANY (${parameters.add(ids)}::uuid[])`;
    return this.repository.query<CachedKeyRow[]>(
      `SELECT ${this.columns.selected}, hash FROM api_keys AS "row" WHERE ${IS_LIVING}${chosen}`,
      parameters.values,
    );
  }

  /**
   * @param key the whole key, of which only the digest is stored
   * @returns null if there is no such living organization
   * @throws KeyLimitReachedError
   */
  async create(actor: Actor, draft: NewKey, key: string): Promise<ApiKeyRow | null> {
    await this.requireRoom();
    const parameters = new Parameters();
    const { organizationId } = draft;
    const parent =
      organizationId === null
        ? 'SELECT'
        : lockParentSql(actor, ORGANIZATIONS, parameters.add(organizationId), parameters);
    return this.insert(actor, draft, key, parent, parameters);
  }

  /** Stores the first admin key of the installation. @returns null if there is a key already, even a revoked one */
  createFirst(actor: Actor, name: string, key: string): Promise<ApiKeyRow | null> {
    const draft: NewKey = { name, role: 'admin', organizationId: null };
    return this.insert(actor, draft, key, 'SELECT WHERE NOT EXISTS (SELECT FROM api_keys)', new Parameters(), {
      orNothing: true, // Another service may store the same key at the same time.
    });
  }

  async isEmpty(): Promise<boolean> {
    const rows = await this.repository.query<unknown[]>('SELECT FROM api_keys LIMIT 1');
    return rows.length === 0;
  }

  /**
   * @returns the changed key, or null if there is no such key that is not revoked
   * @throws PreconditionFailedError, LastAdminError
   */
  update(actor: Actor, id: string, changes: KeyChanges, condition: IfMatch = {}): Promise<ApiKeyRow | null> {
    return this.keepingAnAdmin(async (manager) => {
      const parameters = new Parameters();
      const isChangeable = this.isChangeable(actor, id, parameters, condition);
      const set = AUDITED.flatMap(([property, column, type]) =>
        changes[property] === undefined ? [] : [`${column} = ${parameters.add(changes[property], type)}`],
      );
      const row = { id: 'changed.id', organizationId: 'changed."organizationId"', from: 'before CROSS JOIN changed' };
      const audit = insertAuditSql(
        actor,
        { ...row, action: 'key.update', object: 'key', changes: { before: fields('before'), after: shown('changed') } },
        parameters,
      );
      const [changed] = await manager.query<ApiKeyRow[]>(
        `WITH before AS (SELECT * FROM api_keys WHERE ${isChangeable} FOR NO KEY UPDATE),
              changed AS (UPDATE api_keys AS "row" SET ${set.join(', ') || 'name = "row".name'} FROM before
                          WHERE "row".id = before.id RETURNING ${this.columns.selected}),
              audit AS (${audit})
         SELECT * FROM changed`,
        parameters.values,
      );
      if (!changed) await this.requireRevision(actor, id, condition, manager);
      return changed ?? null;
    });
  }

  /**
   * @returns whether there was such a key that was not revoked
   * @throws PreconditionFailedError, LastAdminError
   */
  revoke(actor: Actor, id: string, condition: IfMatch = {}): Promise<boolean> {
    return this.keepingAnAdmin((manager) => this.revokeIn(manager, actor, id, condition));
  }

  /** Revokes a key, even the last one: for the command line, which can always make another one. */
  revokeAny(actor: Actor, id: string): Promise<boolean> {
    return this.revokeIn(this.repository.manager, actor, id, {});
  }

  /**
   * Creates a key with the rights of another one, which ends now or after the overlap.
   * @param key the whole new key
   * @returns the new key, or null if there is no such living key
   * @throws KeyLimitReachedError
   */
  async rotate(actor: Actor, id: string, key: string, overlapSeconds: number): Promise<ApiKeyRow | null> {
    await this.requireRoom();
    const parameters = new Parameters();
    const parent = lockParentSql(
      actor,
      ORGANIZATIONS,
      `(SELECT organization_id FROM api_keys WHERE id = ${parameters.add(id)})`,
      parameters,
      'id',
    );
    const isRotatable = `${this.isChangeable(actor, id, parameters)} AND ${IS_LIVING}
      AND (organization_id IS NULL OR organization_id = (SELECT id FROM parent))`;
    const end =
      overlapSeconds === 0
        ? `revoked_at = now()`
        : `expires_at = LEAST(old.expires_at, now() + ${parameters.add(overlapSeconds, 'integer')} * interval '1 second')`;
    const copied = ['organization_id', 'name', 'role', 'scopes', 'allowed_networks', 'expires_at'];
    const values = this.newValues(actor, key, parameters);
    const audit = insertAuditSql(
      actor,
      {
        ...OF_CREATED,
        action: 'key.rotate',
        changes: {
          before: new Map(),
          after: new Map([...shown('created'), ['rotated_from', 'created."rotatedFrom"']]),
        },
      },
      parameters,
    );
    const [created] = await this.repository.query<ApiKeyRow[]>(
      `WITH parent AS (${parent}),
            old AS (SELECT * FROM api_keys WHERE ${isRotatable} FOR NO KEY UPDATE),
            ended AS (UPDATE api_keys AS "row" SET ${end} FROM old WHERE "row".id = old.id RETURNING "row".*),
            end_audit AS (${this.endAuditSql(actor, overlapSeconds, parameters)}),
            created AS (INSERT INTO api_keys AS "row" (${copied.join()}, rotated_from, prefix, hash, created_by)
              SELECT ${copied.map((column) => `old.${column}`).join()}, old.id, ${values} FROM old RETURNING ${this.columns.selected}),
            audit AS (${audit})
       SELECT * FROM created`,
      parameters.values,
    );
    return created ?? null;
  }

  /** Stores when keys were last used, in one statement. */
  async recordUses(uses: ReadonlyMap<string, KeyUse>): Promise<void> {
    const values = [...uses.values()];
    await this.repository.query(
      `UPDATE api_keys SET last_used_at = GREATEST(last_used_at, used.at), last_used_address = used.address
       FROM unnest($1::uuid[], $2::timestamptz[], $3::inet[]) AS used (id, at, address) WHERE api_keys.id = used.id`,
      [[...uses.keys()], values.map(({ at }) => at), values.map(({ address }) => address)],
    );
  }

  private async insert(
    actor: Actor,
    { name, role, organizationId, scopes = null, allowedNetworks = null, expiresAt = null }: NewKey,
    key: string,
    parent: string,
    parameters: Parameters,
    { orNothing = false } = {},
  ): Promise<ApiKeyRow | null> {
    const values = [
      ...[parameters.add(organizationId, 'uuid'), parameters.add(name, 'varchar'), parameters.add(role, 'text')],
      ...[parameters.add(scopes, 'text[]'), parameters.add(allowedNetworks, 'cidr[]')],
      ...[parameters.add(expiresAt, 'timestamptz'), this.newValues(actor, key, parameters)],
    ];
    const after = new Map([...shown('created'), ['role', 'created.role'], ['prefix', 'created.prefix']]);
    const audit = insertAuditSql(
      actor,
      { ...OF_CREATED, action: 'key.create', changes: { before: new Map(), after } },
      parameters,
    );
    const [created] = await this.repository.query<ApiKeyRow[]>(
      `WITH parent AS (${parent}),
            created AS (INSERT INTO api_keys AS "row"
              (organization_id, name, role, scopes, allowed_networks, expires_at, prefix, hash, created_by)
              SELECT ${values.join(', ')} FROM parent
              ${orNothing ? 'ON CONFLICT DO NOTHING' : ''} RETURNING ${this.columns.selected}),
            audit AS (${audit})
       SELECT * FROM created`,
      parameters.values,
    );
    return created ?? null;
  }

  /** SQL: prefix, digest and maker of a new key. */
  private newValues({ kind, id, name }: Actor, key: string, parameters: Parameters): string {
    const maker = JSON.stringify({ kind, id, name });
    return [
      ...[parameters.add(prefixOf(key), 'varchar'), parameters.add(digestOf(key), 'bytea')],
      parameters.add(maker, 'jsonb'),
    ].join(', ');
  }

  /** SQL: records how a rotated key ends. Reads the CTEs `old` and `ended`. */
  private endAuditSql(actor: Actor, overlapSeconds: number, parameters: Parameters): string {
    const row = { id: 'ended.id', organizationId: 'ended.organization_id', from: 'old CROSS JOIN ended' };
    if (overlapSeconds === 0) return insertAuditSql(actor, { ...row, action: 'key.revoke', object: 'key' }, parameters);
    const changes = { before: fields('old'), after: fields('ended') };
    return insertAuditSql(actor, { ...row, action: 'key.update', object: 'key', changes }, parameters);
  }

  private async revokeIn(manager: EntityManager, actor: Actor, id: string, condition: IfMatch): Promise<boolean> {
    const parameters = new Parameters();
    const isChangeable = this.isChangeable(actor, id, parameters, condition);
    const row = { id: 'id', organizationId: 'organization_id', from: 'revoked' };
    const audit = insertAuditSql(actor, { ...row, action: 'key.revoke', object: 'key' }, parameters);
    const revoked = await manager.query<unknown[]>(
      `WITH revoked AS (UPDATE api_keys SET revoked_at = now() WHERE ${isChangeable} RETURNING id, organization_id),
            audit AS (${audit})
       SELECT id FROM revoked`,
      parameters.values,
    );
    if (revoked.length === 0) await this.requireRevision(actor, id, condition, manager);
    return revoked.length > 0;
  }

  /**
   * Runs a change, and undoes it if no admin key of the installation, or none without limits, is left: a limited key cannot create an
   * unlimited one. Locks these keys, so that the second of two concurrent changes sees the first.
   * @throws LastAdminError
   */
  private keepingAnAdmin<Result>(change: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.repository.manager.transaction(async (manager) => {
      const before = await lockAdmins(manager);
      const result = await change(manager);
      const after = await lockAdmins(manager);
      if ((before.any && !after.any) || (before.unlimited && !after.unlimited)) throw new LastAdminError();
      return result;
    });
  }

  private isChangeable(reach: Reach, id: string, parameters: Parameters, { ifMatch }: IfMatch = {}): string {
    const row = { key: parameters.add(id), isLiving: 'revoked_at IS NULL', organization: 'organization_id' };
    return changeableSql(reach, row, parameters, ifMatch);
  }

  private async requireRevision(reach: Reach, id: string, { ifMatch }: IfMatch, manager: EntityManager): Promise<void> {
    if (ifMatch) requireRevisionOf(await this.findById(reach, id, manager), ifMatch);
  }

  private async requireRoom(): Promise<void> {
    const [row] = await this.repository.query<{ living: number }[]>(
      `SELECT count(*)::int AS living FROM api_keys WHERE ${IS_LIVING}`,
    );
    if (row && row.living >= MAX_LIVING_KEYS) throw new KeyLimitReachedError(MAX_LIVING_KEYS);
  }
}

/** Locks the admin keys of the installation. @returns whether there is any, and one without limits */
async function lockAdmins(manager: EntityManager): Promise<{ any: boolean; unlimited: boolean }> {
  const admins = await manager.query<{ isUnlimited: boolean }[]>(
    `SELECT ${IS_UNLIMITED} AS "isUnlimited" FROM api_keys WHERE ${IS_INSTANCE_ADMIN} ORDER BY id FOR NO KEY UPDATE`,
  );
  return { any: admins.length > 0, unlimited: admins.some(({ isUnlimited }) => isUnlimited) };
}

const OF_CREATED: Pick<AuditRow, 'id' | 'organizationId' | 'from' | 'object'> = {
  id: 'created.id',
  organizationId: 'created."organizationId"',
  from: 'created',
  object: 'key',
};

/** The audited fields of a row that has the names of the columns. */
function fields(cte: string): Map<string, string> {
  return new Map(AUDITED.map(([, column]) => [column, `${cte}.${column}`]));
}

/** The audited fields of a row that has the names of the properties. */
function shown(cte: string): Map<string, string> {
  return new Map(AUDITED.map(([property, column]) => [column, `${cte}."${property}"`]));
}
