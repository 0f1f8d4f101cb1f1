import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Page, PageRequest } from '../common/page';
import { CredentialsUnreadableError } from '../crypto/credential-cipher';
import type { Secret } from '../crypto/secret';
import type { Metadata } from '../common/metadata';
import { clockSkew } from '../database/clock-skew';
import { LivingRows, lockParentSql } from '../database/sql/living-rows';
import { Parameters } from '../database/sql/parameters';
import { Selection } from '../database/sql/selection';
import { isDeadlock, isViolationOf } from '../database/violations';
import type { DesiredState } from '../events/domain-events';
import { UnknownFactoryError } from '../factories/factory.errors';
import { TARGET_PROPERTIES, toConnectionTarget } from './connection-target';
import type { TlsSettings } from '../gateway-client/transport/tls-settings';
import type { ConnectionTarget, GatewayRevision, TargetRow } from './connection-target';
import { Gateway } from './gateway.entity';
import type { GatewayRow } from './gateway.entity';
import {
  desiredStateIsReadOnly,
  FactoryInOtherOrganizationError,
  GatewayIdTakenError,
  GatewayUrlTakenError,
  TlsNeedsWssError,
} from './gateway.errors';
import { IS_ALLOWED, isUrlTaken, verdictOnChange } from './gateway-rules.sql';
import { whenConnectionIsNew } from './new-connection';
import type { Destination } from './password-binding';

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
  readonly factoryId?: string;
  readonly search?: string;
}

/** A changed row. */
export interface ChangedRow extends GatewayRow {
  /** The previous destination of its password, if it may have changed. */
  readonly before?: Destination;
  /** Whether the change contained the password that was already stored. */
  readonly confirmsPassword?: boolean;
}

/** Result of a write that is subject to rules. */
interface Verdict {
  readonly isUrlTaken: boolean;
  readonly needsWss: boolean;
  readonly factoryProblem: 'unknown' | 'foreign' | null;
  readonly isOtherState: boolean;
  readonly before?: Destination;
}

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
    this.rows = new LivingRows(repository);
  }

  /**
   * @param refuseDuplicates refuse a second gateway with this URL and e-mail in the organization
   * @throws UnknownFactoryError, GatewayIdTakenError, GatewayUrlTakenError
   */
  async create(draft: NewGateway, refuseDuplicates = false): Promise<GatewayRow> {
    const parameters = new Parameters();
    const factoryId = parameters.add(draft.factoryId);
    const bound = this.rows.columns.bind(draft, parameters);
    const values = new Map([...bound, ['"organization_id"', 'factory.organization_id']]);
    const wanted = { url: values.get('"url"') ?? 'NULL', email: values.get('"email"') ?? 'NULL' };
    const insert = `WITH factory AS (${lockParentSql('factories', factoryId, 'organization_id')}),
        verdict AS (SELECT ${refuseDuplicates ? isUrlTaken(wanted, 'organization_id') : 'false'} AS "isUrlTaken",
                      false AS "needsWss", NULL AS "factoryProblem", false AS "isOtherState" FROM factory),
        created AS (${this.rows.insertSql(values, 'factory, verdict WHERE NOT "isUrlTaken"')})
      SELECT created.*, verdict.* FROM verdict LEFT JOIN created ON true`;
    const [row] = await this.write(() => this.repository.query<(GatewayRow & Verdict)[]>(insert, parameters.values));
    if (!row) throw new UnknownFactoryError(draft.factoryId);
    return allowed(row);
  }

  findById(id: string): Promise<GatewayRow | null> {
    return this.rows.findById(id);
  }

  findAll({ factoryId, search, ...page }: GatewayQuery): Promise<Page<GatewayRow>> {
    const selection = new Selection().where('factory_id', factoryId).whereContains(['name', 'gateway_id'], search);
    return this.rows.findPage(selection, page);
  }

  /** Connection targets of all gateways that should be connected. */
  findActive(): Promise<ConnectionTarget[]> {
    return this.findTargetsWhere(`desired_state = 'connected'`, [], JOIN_LOGINS);
  }

  /** Connection targets of these gateways, without deleted ones. */
  findTargets(ids: readonly string[]): Promise<ConnectionTarget[]> {
    return this.findTargetsWhere('id = ANY ($1)', [ids], LOOK_UP_LOGINS);
  }

  /** Id and revision of every gateway. */
  findRevisions(): Promise<GatewayRevision[]> {
    return this.repository.query(
      `SELECT ${this.rows.columns.list(['id', 'revision'])} FROM gateways AS "row" WHERE deleted_at IS NULL`,
    );
  }

  /**
   * Changes a gateway. Returns null if there is no living gateway with this id.
   * @param refuseDuplicates refuse a second gateway with this URL and e-mail in the organization
   * @throws ReadOnlyFieldError, UnknownFactoryError, FactoryInOtherOrganizationError, GatewayIdTakenError, GatewayUrlTakenError,
   * TlsNeedsWssError
   */
  update(id: string, { password, ...changes }: GatewayChanges, refuseDuplicates = false): Promise<ChangedRow | null> {
    const { manager } = this.repository;
    if (password === undefined) return this.write(() => this.change(manager, id, changes, refuseDuplicates));
    return this.write(() =>
      manager.transaction(async (manager) => {
        // Locks the factory before the gateway, as every other write does.
        if (changes.factoryId !== undefined) await manager.query(lockParentSql('factories', '$1'), [changes.factoryId]);
        const isNew = await this.isAnotherPassword(manager, id, password);
        const row = await this.change(manager, id, { ...changes, ...(isNew && { password }) }, refuseDuplicates);
        return row && { ...row, confirmsPassword: !isNew };
      }),
    );
  }

  /** Stores the desired state. Returns null if there is no living gateway with this id. */
  setDesiredState(id: string, desiredState: DesiredState): Promise<GatewayRow | null> {
    return this.rows.update(id, { desiredState });
  }

  /** @returns whether there was a living gateway to delete */
  softDelete(id: string): Promise<boolean> {
    return this.rows.softDelete(id);
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

  /** Locks the row, so that two changes cannot both compare with the same old password. */
  private async isAnotherPassword(manager: EntityManager, id: string, password: Secret): Promise<boolean> {
    const current = await manager.findOne(Gateway, {
      where: { id },
      select: { id: true, password: true },
      lock: { mode: 'pessimistic_write' },
    });
    try {
      return current !== null && current.password.reveal() !== password.reveal();
    } catch (error) {
      if (error instanceof CredentialsUnreadableError) return true; // A password that cannot be decrypted is always replaced.
      throw error;
    }
  }

  /** Reads the login budget, which belongs to another room, in the same statement: a session starts with what both said at one time. */
  private async findTargetsWhere(condition: string, values: unknown[], logins: string): Promise<ConnectionTarget[]> {
    const found = await this.repository.query<object[]>(
      `SELECT ${this.rows.columns.list(TARGET_PROPERTIES)}, ${LOGIN}
       FROM gateways AS "row" ${logins}
       WHERE deleted_at IS NULL AND ${condition}`,
      values,
    );
    return this.rows.columns.hydrate<TargetRow>(found).map(toConnectionTarget);
  }

  private async change(
    manager: EntityManager,
    id: string,
    { desiredState, ...changes }: GatewayChanges,
    refuseDuplicates: boolean,
  ): Promise<ChangedRow | null> {
    const { url, email, tls, factoryId } = changes;
    const isSubjectToRules = [url, email, tls, factoryId].some((value) => value !== undefined);
    if (!isSubjectToRules) {
      const row = await this.rows.update(id, changes, { manager, also: whenConnectionIsNew, only: { desiredState } });
      if (!row && desiredState !== undefined && (await this.rows.findById(id, manager))) throw desiredStateIsReadOnly();
      return row;
    }
    const parameters = new Parameters();
    const key = parameters.add(id);
    const values = this.rows.columns.bind(changes, parameters);
    const expectedState = desiredState === undefined ? undefined : parameters.add(desiredState);
    const changed = this.rows.updateSql(
      values,
      whenConnectionIsNew(values),
      `"row".id = verdict.id AND ${IS_ALLOWED}`,
      'FROM verdict',
    );
    const statement = `${verdictOnChange(key, values, { refuseDuplicates, expectedState })}, changed AS (${changed})
      SELECT changed.*, "isUrlTaken", "needsWss", "factoryProblem", "isOtherState", verdict.before
      FROM verdict LEFT JOIN changed ON true`;
    const [row] = await manager.query<(GatewayRow & Verdict)[]>(statement, parameters.values);
    return row ? allowed(row, factoryId) : null;
  }

  private async write<Result>(work: () => Promise<Result>, isSecondTry = false): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (isViolationOf('uq_gateways_gateway_id', error)) throw new GatewayIdTakenError({ cause: error });
      // Concurrent changes that swap the labels of two gateways deadlock. PostgreSQL aborts one of them, which is retried once.
      if (isDeadlock(error) && !isSecondTry) return this.write(work, true);
      throw error;
    }
  }
}

/**
 * Returns the row of a write.
 * @param factoryId the factory that the gateway should move to
 * @throws ReadOnlyFieldError, UnknownFactoryError, FactoryInOtherOrganizationError, TlsNeedsWssError, GatewayUrlTakenError if a rule
 * forbade it
 */
function allowed(written: GatewayRow & Verdict, factoryId = ''): ChangedRow {
  const { isUrlTaken, needsWss, factoryProblem, isOtherState, ...row } = written;
  if (isOtherState) throw desiredStateIsReadOnly();
  if (factoryProblem === 'unknown') throw new UnknownFactoryError(factoryId);
  if (factoryProblem === 'foreign') throw new FactoryInOtherOrganizationError();
  if (needsWss) throw new TlsNeedsWssError();
  if (isUrlTaken) throw new GatewayUrlTakenError();
  return row;
}
