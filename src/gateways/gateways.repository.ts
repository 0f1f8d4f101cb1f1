import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Actor, Reach } from '../common/actor';
import { addressDialled } from '../common/allowed-networks';
import type { AuditAction } from '../common/audit-actions';
import type { Created, Once } from '../common/idempotency';
import type { Page, PageRequest } from '../common/page';
import type { IfMatch } from '../common/precondition';
import type { Secret } from '../crypto/secret';
import type { Metadata } from '../common/metadata';
import { clockSkew } from '../database/clock-skew';
import type { BoundValues } from '../database/sql/columns';
import { LivingRows, lockParentSql } from '../database/sql/living-rows';
import { Parameters } from '../database/sql/parameters';
import { Selection, withinReach } from '../database/sql/selection';
import { isDeadlock, isViolationOf } from '../database/violations';
import type { DesiredState } from '../events/domain-events';
import { UnknownFactoryError } from '../factories/factory.errors';
import { TARGET_PROPERTIES, toConnectionTarget } from './connection-target';
import type { TlsSettings } from '../gateway-client/transport/tls-settings';
import type { ConnectionTarget, GatewayRevision, TargetRow } from './connection-target';
import { Gateway, passwordBinding } from './gateway.entity';
import type { GatewayRow } from './gateway.entity';
import {
  AddressRefusedError,
  desiredStateIsReadOnly,
  FactoryInOtherOrganizationError,
  GatewayIdTakenError,
  GatewayUrlTakenError,
  TlsNeedsWssError,
} from './gateway.errors';
import { FACTORIES, IS_ALLOWED, isOutside, isUrlTaken, verdictOnChange } from './gateway-rules.sql';
import { addressInUrl } from './gateway-url';
import { whenConnectionIsNew } from './new-connection';
import type { Destination } from './password-binding';
import { isNewDestination, planChange, STORED_PROPERTIES, toStoredConnection } from './connection-change';
import type { StoredConnection } from './connection-change';

/**
 * Concurrent changes that swap the labels of two gateways deadlock, and PostgreSQL aborts one of them. That one is tried again after a pause.
 * Without the pause it could deadlock with the same change again.
 */
const DEADLOCK_RETRIES = 3;
const DEADLOCK_PAUSE_MS = 50;

/** The fields of a gateway that users may change. Undefined leaves a field unchanged. */
export interface GatewayChanges {
  /** Another factory of the same organization. */
  readonly factoryId?: string;
  /** Sets the state of a new gateway; in a change it must equal the stored state. */
  readonly desiredState?: DesiredState;
  readonly label?: string;
  readonly name?: string;
  readonly url?: string;
  readonly email?: string;
  readonly password?: Secret;
  readonly tls?: TlsSettings | null;
  readonly model?: string | null;
  readonly firmwareVersion?: string | null;
  readonly clockZone?: string | null;
  readonly metadata?: Metadata;
}

export interface NewGateway extends GatewayChanges {
  readonly factoryId: string;
  readonly label: string;
  readonly name: string;
  readonly url: string;
  readonly email: string;
  readonly password: Secret;
}

export interface GatewayQuery extends PageRequest {
  readonly ids?: readonly string[];
  readonly factoryId?: string;
  readonly search?: string;
}

/** A changed row. */
export interface ChangedRow extends GatewayRow {
  /** The previous destination of its password, if the change breaks a binding of it. */
  readonly before?: Destination;
  /** Whether the change contained the password that was already stored. */
  readonly confirmsPassword?: boolean;
}

/** Result of a write that is subject to rules. */
interface Verdict {
  readonly isOutside: boolean;
  readonly isUrlTaken: boolean;
  readonly needsWss: boolean;
  readonly factoryProblem: 'unknown' | 'foreign' | null;
  readonly isOtherState: boolean;
}

interface CreateOptions {
  /** Refuse a second gateway with this URL and e-mail in the organization. */
  readonly refuseDuplicates?: boolean;
  readonly once?: Once | undefined;
}

interface UpdateOptions extends IfMatch {
  /** Refuse a second gateway with this URL and e-mail in the organization. */
  readonly refuseDuplicates?: boolean;
}

interface ChangeOptions extends UpdateOptions {
  /** Values that the row must have. */
  readonly only?: Partial<Gateway>;
  /** What the audit log calls the change, if not an update. */
  readonly order?: AuditAction;
}

/** How often a change is tried again because another request has changed the connection meanwhile. */
const MAX_TRIES = 10;

/** Which gateways to find: those of these shards, or `all`. */
export type WantedShards = 'all' | readonly number[];

/** When a gateway last gave a sign of life. */
export interface Sighting {
  readonly gatewayId: string;
  readonly at: Date;
}

/** The login budget of a target. Read as a duration: the clock of this machine may differ from the database's. */
const LOGIN = `login.accepted, login.refusals, EXTRACT(EPOCH FROM login.next_login_at - now())::float8 * 1000 AS "nextLoginInMs"`;

/** SQL: joins the logins of many rows. */
const JOIN_LOGINS = `LEFT JOIN gateway_logins AS login
  ON login.gateway_id = "row".id AND login.connection_version = "row".connection_version`;

/** SQL: looks up the login of each row. For a join with a thousand rows, PostgreSQL would read every login of a large fleet. */
const LOOK_UP_LOGINS = `LEFT JOIN LATERAL (
  SELECT * FROM gateway_logins WHERE gateway_id = "row".id AND connection_version = "row".connection_version LIMIT 1) AS login ON true`;

/** Gateways that are not deleted: every query excludes others by `deleted_at`. Columns and conversions come from the entity. */
@Injectable()
export class GatewaysRepository {
  private readonly rows: LivingRows<Gateway, GatewayRow>;

  constructor(@InjectRepository(Gateway) private readonly repository: Repository<Gateway>) {
    this.rows = new LivingRows(repository, { object: 'gateway', organization: 'organization_id' });
  }

  /**
   * @param refuseDuplicates refuse a second gateway with this URL and e-mail in the organization
   * @throws UnknownFactoryError, GatewayIdTakenError, GatewayUrlTakenError, IdempotencyKeyReusedError
   */
  create(
    actor: Actor,
    draft: NewGateway,
    { refuseDuplicates = false, once }: CreateOptions = {},
  ): Promise<Created<GatewayRow>> {
    return this.write(() => this.rows.createOnce(actor, once, () => this.insert(actor, draft, refuseDuplicates, once)));
  }

  findById(reach: Reach, id: string): Promise<GatewayRow | null> {
    return this.rows.findById(reach, id);
  }

  findAll(reach: Reach, { ids, factoryId, search, ...page }: GatewayQuery): Promise<Page<GatewayRow>> {
    const selection = new Selection(reach, 'organization_id')
      .whereIdIn(ids)
      .where('factory_id', factoryId)
      .whereContains(['name', 'gateway_id'], search);
    return this.rows.findPage(selection, page);
  }

  /** The organization of a factory; null if there is no such living factory. */
  async findOrganizationOf(reach: Reach, factoryId: string): Promise<string | null> {
    const parameters = new Parameters();
    const conditions = [`id = ${parameters.add(factoryId)} AND deleted_at IS NULL`];
    conditions.push(...withinReach(reach, FACTORIES.organization, parameters));
    const [factory] = await this.repository.query<{ owner: string }[]>(
      `SELECT organization_id AS owner FROM factories WHERE ${conditions.join(' AND ')}`,
      parameters.values,
    );
    return factory?.owner ?? null;
  }

  /** Connection targets of all gateways of these shards that should be connected. */
  findActive(reach: Reach, shards: WantedShards = 'all'): Promise<ConnectionTarget[]> {
    const isWanted = `desired_state = 'connected'`;
    if (shards === 'all') return this.findTargetsWhere(reach, () => isWanted, JOIN_LOGINS);
    return this.findTargetsWhere(
      reach,
      (parameters) => `${isWanted} AND ${isInShards(shards, parameters)}`,
      LOOK_UP_LOGINS,
    );
  }

  /** Connection targets of these gateways, without deleted ones. */
  findTargets(reach: Reach, ids: readonly string[]): Promise<ConnectionTarget[]> {
    return this.findTargetsWhere(reach, (parameters) => `id = ANY (${parameters.add(ids)})`, LOOK_UP_LOGINS);
  }

  /** Id and revision of every gateway of these shards. */
  findRevisions(reach: Reach, shards: WantedShards = 'all'): Promise<GatewayRevision[]> {
    const { condition, parameters } = new Selection(reach, 'organization_id');
    const within = shards === 'all' ? '' : ` AND ${isInShards(shards, parameters)}`;
    return this.repository.query(
      `SELECT ${this.rows.columns.list(['id', 'revision'])} FROM gateways AS "row" WHERE ${condition}${within}`,
      parameters.values,
    );
  }

  /**
   * Changes a gateway. Returns null if there is no living gateway with this id.
   * @throws ReadOnlyFieldError, UnknownFactoryError, FactoryInOtherOrganizationError, GatewayIdTakenError, GatewayUrlTakenError,
   * TlsNeedsWssError, PasswordRequiredError, PreconditionFailedError
   */
  async update(
    actor: Actor,
    id: string,
    { password, ...changes }: GatewayChanges,
    options: UpdateOptions = {},
  ): Promise<ChangedRow | null> {
    if (password === undefined && !isNewDestination(changes))
      return this.write(() => this.change(actor, id, changes, options));
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const stored = await this.findStored(actor, id);
      if (!stored) return null;
      const plan = planChange(actor, stored, changes, password);
      // Another request may change the connection after it was read: then nothing is written, and the next try reads again.
      const only = { connectionVersion: stored.connectionVersion };
      const order = plan.before ? { order: 'gateway.redirect' as const } : {};
      const { password: newPassword, ...outcome } = plan;
      const all = { ...changes, ...(newPassword && { password: newPassword }) };
      const row = await this.write(() => this.change(actor, id, all, { ...options, ...order, only }));
      if (row) return { ...row, ...outcome };
    }
    throw new Error(`gateway ${id} was changed by other requests ${MAX_TRIES} times in a row`);
  }

  /** Stores the desired state. Returns null if there is no living gateway with this id. */
  setDesiredState(actor: Actor, id: string, desiredState: DesiredState): Promise<GatewayRow | null> {
    return this.rows.update(actor, id, { desiredState }, { order: orderOf(desiredState) });
  }

  /** Stores the desired state of many gateways in one statement. Returns the rows of those that are living and within reach. */
  setDesiredStates(actor: Actor, ids: readonly string[], desiredState: DesiredState): Promise<GatewayRow[]> {
    return this.rows.orderMany(actor, ids, { desiredState }, orderOf(desiredState));
  }

  /** @returns whether there was a living gateway to delete @throws PreconditionFailedError */
  softDelete(actor: Actor, id: string, condition: IfMatch = {}): Promise<boolean> {
    return this.rows.softDelete(actor, id, condition);
  }

  /**
   * Stores many sightings in one statement and returns the ids written. Never stores a time after the database's `now()`, and replaces a
   * stored one after it, because that came from a wrong clock. Rows locked by another transaction are skipped rather than waited for, so
   * this never takes part in a deadlock; the caller retries them.
   */
  async recordSightings(sightings: readonly Sighting[]): Promise<string[]> {
    const [written] = await this.repository.query<[{ id: string }[], number]>(
      `WITH clock AS (SELECT ${clockSkew('$3')} AS skew),
            seen AS (SELECT id, LEAST(at + skew, now()) AS at
                     FROM unnest($1::uuid[], $2::timestamptz[]) AS seen (id, at), clock),
            free AS (SELECT id, seen.at FROM gateways JOIN seen USING (id) WHERE deleted_at IS NULL
                     ORDER BY id FOR NO KEY UPDATE OF gateways SKIP LOCKED)
       UPDATE gateways SET last_seen_at = CASE WHEN last_seen_at <= now() THEN GREATEST(last_seen_at, free.at) ELSE free.at END
       FROM free
       WHERE gateways.id = free.id RETURNING gateways.id`,
      [sightings.map(({ gatewayId }) => gatewayId), sightings.map(({ at }) => at), new Date()],
    );
    return written.map(({ id }) => id);
  }

  private async insert(
    actor: Actor,
    draft: NewGateway,
    refuseDuplicates: boolean,
    once: Once | undefined,
  ): Promise<GatewayRow> {
    const parameters = new Parameters();
    const factoryId = parameters.add(draft.factoryId);
    const factory = lockParentSql(actor, FACTORIES, factoryId, parameters, 'organization_id');
    const id = randomUUID(); // Not left to the database, because the sealed password is bound to it.
    const password = draft.password.for(passwordBinding(id, draft.url));
    const bound = this.rows.columns.bind({ ...draft, id, password }, parameters);
    const values = new Map([...bound, ['"organization_id"', 'factory.organization_id']]);
    const wanted = { url: values.get('"url"') ?? 'NULL', email: values.get('"email"') ?? 'NULL' };
    const outside = isOutside(bindAddress(draft.url, parameters), 'organization_id');
    const insert = this.rows.insertSql(values, 'factory, verdict WHERE NOT "isUrlTaken" AND NOT "isOutside"');
    const statement = `WITH factory AS (${factory}),
        verdict AS (SELECT ${refuseDuplicates ? isUrlTaken(wanted, 'organization_id') : 'false'} AS "isUrlTaken",
                      ${outside} AS "isOutside", false AS "needsWss", NULL AS "factoryProblem", false AS "isOtherState" FROM factory),
        ${this.rows.createdSql(actor, insert, values, parameters, once)}
      SELECT created.*, verdict.* FROM verdict LEFT JOIN created ON true`;
    const [row] = await this.repository.query<(GatewayRow & Verdict)[]>(statement, parameters.values);
    if (!row) throw new UnknownFactoryError(draft.factoryId);
    return allowed(row, draft);
  }

  /** What a change of the connection is compared with. */
  private async findStored(reach: Reach, id: string): Promise<StoredConnection | null> {
    const { columns } = this.rows;
    const selection = new Selection(reach, 'organization_id').where('id', id);
    const found = await this.repository.query<object[]>(
      `SELECT ${columns.list(STORED_PROPERTIES)} FROM gateways AS "row" WHERE ${selection.condition}`,
      selection.parameters.values,
    );
    return columns.hydrate<StoredConnection>(found).map(toStoredConnection)[0] ?? null;
  }

  /** Reads the login budget, which belongs to another room, in the same statement: a session starts with what both said at one time. */
  private async findTargetsWhere(
    reach: Reach,
    condition: (parameters: Parameters) => string,
    logins: string,
  ): Promise<ConnectionTarget[]> {
    const selection = new Selection(reach, 'organization_id');
    const found = await this.repository.query<object[]>(
      `SELECT ${this.rows.columns.list(TARGET_PROPERTIES)}, ${LOGIN}
       FROM gateways AS "row" ${logins}
       WHERE ${selection.condition} AND ${condition(selection.parameters)}`,
      selection.parameters.values,
    );
    return this.rows.columns.hydrate<TargetRow>(found).map(toConnectionTarget);
  }

  private async change(
    actor: Actor,
    id: string,
    { desiredState, ...changes }: GatewayChanges,
    { refuseDuplicates = false, ifMatch, only, order }: ChangeOptions,
  ): Promise<GatewayRow | null> {
    const { url, email, tls, factoryId } = changes;
    const isSubjectToRules = [url, email, tls, factoryId].some((value) => value !== undefined);
    if (!isSubjectToRules) {
      const required = { ...only, desiredState };
      const row = await this.rows.update(actor, id, changes, { also: whenConnectionIsNew, only: required, ifMatch });
      if (!row && desiredState !== undefined) await this.requireDesiredState(actor, id, desiredState);
      return row;
    }
    const parameters = new Parameters();
    const { rows } = this;
    const key = parameters.add(id);
    const values = rows.columns.bind(changes, parameters);
    const verdict = verdictOnChange(actor, parameters, {
      condition:
        rows.isChangeable(actor, key, parameters, ifMatch) + equalSql(rows.columns.bind(only ?? {}, parameters)),
      before: rows.beforeSql(values),
      values,
      address: url === undefined ? 'NULL' : bindAddress(url, parameters),
      refuseDuplicates,
      expectedState: desiredState === undefined ? undefined : parameters.add(desiredState),
    });
    // A redirect seals the same password for another origin. The audit log must not show that as a change of the password.
    const audited = order === undefined ? values : withoutPassword(values);
    const changed = rows.updateSql(
      values,
      whenConnectionIsNew(values),
      `"row".id = verdict.old_id AND ${IS_ALLOWED}`,
      'FROM verdict',
    );
    const statement = `${verdict}, changed AS (${changed}),
        audit AS (${rows.updateAuditSql(actor, audited, parameters, order)})
      SELECT changed.*, "isOutside", "isUrlTaken", "needsWss", "factoryProblem", "isOtherState" FROM verdict LEFT JOIN changed ON true`;
    const [row] = await this.repository.query<(GatewayRow & Verdict)[]>(statement, parameters.values);
    if (!row && ifMatch) await rows.requireRevision(actor, id, ifMatch);
    return row ? allowed(row, changes) : null;
  }

  /** @throws ReadOnlyFieldError if the gateway has another desired state */
  private async requireDesiredState(reach: Reach, id: string, desiredState: DesiredState): Promise<void> {
    const row = await this.rows.findById(reach, id);
    if (row && row.desiredState !== desiredState) throw desiredStateIsReadOnly();
  }

  private async write<Result>(work: () => Promise<Result>, retries = DEADLOCK_RETRIES): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (isViolationOf('uq_gateways_organization_id_gateway_id', error))
        throw new GatewayIdTakenError({ cause: error });
      if (!isDeadlock(error) || retries === 0) throw error;
      await sleep(DEADLOCK_PAUSE_MS);
      return this.write(work, retries - 1);
    }
  }
}

function orderOf(desiredState: DesiredState): AuditAction {
  return desiredState === 'connected' ? 'gateway.connect' : 'gateway.disconnect';
}

/** The placeholder of the address in a URL as it is dialled; null for a host name. */
function bindAddress(url: string, parameters: Parameters): string {
  return parameters.add(addressDialled(addressInUrl(url) ?? ''), 'inet');
}

function withoutPassword(values: BoundValues): BoundValues {
  return new Map([...values].filter(([column]) => column !== '"password_encrypted"'));
}

/** SQL: further conditions, that these columns have these values. */
function equalSql(values: BoundValues): string {
  return Array.from(values, ([column, value]) => ` AND ${column} = ${value}`).join('');
}

/**
 * Returns the row of a write.
 * @param wanted what was to be written
 * @throws ReadOnlyFieldError, UnknownFactoryError, FactoryInOtherOrganizationError, TlsNeedsWssError, AddressRefusedError,
 * GatewayUrlTakenError if a rule forbade it
 */
function allowed(written: GatewayRow & Verdict, { factoryId = '', url = '' }: GatewayChanges): GatewayRow {
  const { isOutside, isUrlTaken, needsWss, factoryProblem, isOtherState, ...row } = written;
  if (isOtherState) throw desiredStateIsReadOnly();
  if (factoryProblem === 'unknown') throw new UnknownFactoryError(factoryId);
  if (factoryProblem === 'foreign') throw new FactoryInOtherOrganizationError();
  if (needsWss) throw new TlsNeedsWssError();
  if (isOutside) throw new AddressRefusedError(addressInUrl(url) ?? '', 'gateway_networks of the organization');
  if (isUrlTaken) throw new GatewayUrlTakenError();
  return row;
}

/** SQL: whether the gateway is in one of these shards. */
function isInShards(shards: readonly number[], parameters: Parameters): string {
  return `shard_of(id) = ANY (${parameters.add(shards, 'smallint[]')})`;
}
