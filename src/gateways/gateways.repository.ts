import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';
import { CredentialsUnreadableError } from '../crypto/credential-cipher';
import type { Secret } from '../crypto/secret';
import type { Metadata } from '../common/metadata';
import { clockSkew } from '../database/clock-skew';
import { findPage, Selection } from '../database/paging';
import { Parameters, SqlColumns } from '../database/sql-columns';
import { isDeadlock, isViolationOf } from '../database/violations';
import type { DesiredState } from '../events/domain-events';
import { UnknownFactoryError } from '../factories/factory.errors';
import { LOGIN_BUDGET, TARGET_PROPERTIES, toConnectionTarget } from './connection-target';
import type { ConnectionTarget, GatewayRevision, TargetRow, TlsSettings } from './connection-target';
import { Gateway } from './gateway.entity';
import type { GatewayRow } from './gateway.entity';
import { GatewayIdTakenError, GatewayUrlTakenError, TlsNeedsWssError } from './gateway.errors';
import { BOUND_COLUMNS, isUrlTaken, verdictOnChange } from './gateway-rules.sql';
import { whenConnectionIsNew } from './new-connection';
import type { Destination } from './password-binding';

/** What users may change of a gateway. Undefined means: leave it. */
export interface GatewayChanges {
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
  readonly desiredState?: DesiredState;
}

export interface GatewayQuery extends PageRequest {
  readonly factoryId?: string;
  readonly search?: string;
}

/** A changed row. */
export interface ChangedRow extends GatewayRow {
  /** The previous destination of its password, if it may have changed. */
  readonly before?: Destination;
}

/** Result of a write that is subject to rules. */
interface Verdict {
  readonly isUrlTaken: boolean;
  readonly needsWss: boolean;
  readonly before?: Destination;
}

/** When a gateway last gave a sign of life. */
export interface Sighting {
  readonly gatewayId: string;
  readonly at: Date;
}

/** Read as a duration: the clock of this machine may differ from the database's. */
const NEXT_LOGIN_IN_MS = `EXTRACT(EPOCH FROM next_login_at - now())::float8 * 1000`;

/** Living gateways, and nothing else: every statement names `deleted_at`. Its columns and their values are those of the entity. */
@Injectable()
export class GatewaysRepository {
  private readonly columns: SqlColumns<Gateway>;

  constructor(@InjectRepository(Gateway) private readonly rows: Repository<Gateway>) {
    this.columns = new SqlColumns(rows.metadata);
  }

  /**
   * @param refuseDuplicates refuse a second gateway with this URL and e-mail in the organization
   * @throws UnknownFactoryError, GatewayIdTakenError, GatewayUrlTakenError
   */
  async create(draft: NewGateway, refuseDuplicates = false): Promise<GatewayRow> {
    const parameters = new Parameters();
    const factoryId = parameters.add(draft.factoryId);
    const assignments = this.columns.assignments(draft);
    const values = new Map(assignments.map(({ column, value, type }) => [column, parameters.add(value, type)]));
    const wanted = { url: values.get('"url"') ?? 'NULL', email: values.get('"email"') ?? 'NULL' };
    // The factory is held until the row is there: a foreign key alone would let its soft delete run beside this.
    const insert = `WITH factory AS (SELECT id AS factory_id, organization_id FROM factories
                       WHERE id = ${factoryId} AND deleted_at IS NULL FOR SHARE),
        verdict AS (SELECT ${refuseDuplicates ? isUrlTaken(wanted, 'organization_id') : 'false'} AS "isUrlTaken",
                      false AS "needsWss" FROM factory),
        created AS (INSERT INTO gateways AS "row" (${[...values.keys()].join(', ')})
                    SELECT ${[...values.values()].join(', ')} FROM verdict WHERE NOT "isUrlTaken"
                    RETURNING ${this.columns.selected})
      SELECT created.*, verdict.* FROM verdict LEFT JOIN created ON true`;
    const [row] = await this.write(() => this.rows.query<(GatewayRow & Verdict)[]>(insert, parameters.values));
    if (!row) throw new UnknownFactoryError(draft.factoryId);
    return allowed(row);
  }

  findById(id: string): Promise<GatewayRow | null> {
    return this.read(this.rows.manager, id);
  }

  findAll({ factoryId, search, ...page }: GatewayQuery): Promise<Page<GatewayRow>> {
    const selection = new Selection().where('factory_id', factoryId).whereContains(['name', 'gateway_id'], search);
    return findPage<GatewayRow>(this.rows, this.columns, selection, page);
  }

  /** Every gateway that should be connected, with what a connection needs. */
  findActive(): Promise<ConnectionTarget[]> {
    return this.findTargetsWhere(`desired_state = 'connected'`, []);
  }

  /** What connections to these gateways need; the deleted ones are missing from the answer. */
  findTargets(ids: readonly string[]): Promise<ConnectionTarget[]> {
    return this.findTargetsWhere('id = ANY ($1)', [ids]);
  }

  /** One small record for each gateway. */
  findRevisions(): Promise<GatewayRevision[]> {
    return this.rows.find({ select: { id: true, revision: true } });
  }

  /**
   * Null when there is no such living gateway.
   * @param refuseDuplicates refuse a second gateway with this URL and e-mail in the organization
   * @throws GatewayIdTakenError, GatewayUrlTakenError, TlsNeedsWssError
   */
  update(id: string, { password, ...changes }: GatewayChanges, refuseDuplicates = false): Promise<ChangedRow | null> {
    const { manager } = this.rows;
    if (password === undefined) return this.write(() => this.change(manager, id, changes, refuseDuplicates));
    return this.write(() =>
      manager.transaction(async (manager) => {
        const isNew = await this.isAnotherPassword(manager, id, password);
        return this.change(manager, id, { ...changes, ...(isNew && { password }) }, refuseDuplicates);
      }),
    );
  }

  /**
   * Stores what the operator wants, and grants one login if none is left of the budget. Null when there is no such living gateway.
   */
  async setDesiredState(id: string, desiredState: DesiredState, grantsLogin: boolean): Promise<GatewayRow | null> {
    const grant = {
      loginRefusals: () => `LEAST("login_refusals", ${LOGIN_BUDGET - 1})`,
      nextLoginAt: () => `CASE WHEN "next_login_at" IS NOT NULL THEN now() END`,
    };
    await this.rows.update({ id, deletedAt: IsNull() }, { desiredState, ...(grantsLogin && grant) });
    return this.findById(id);
  }

  /** Says whether there was a living gateway to delete. */
  async softDelete(id: string): Promise<boolean> {
    const { affected } = await this.rows.update({ id, deletedAt: IsNull() }, { deletedAt: () => 'now()' });
    return affected === 1;
  }

  /**
   * Stores many sightings in one statement and returns the ids it wrote. Never stores a time beyond the database's now, and replaces
   * a stored one that lies beyond it, because it came from a wrong clock. Rows that another transaction holds are skipped
   * rather than waited for, so it never takes part in a deadlock; the caller tries those again.
   */
  async recordSightings(sightings: readonly Sighting[]): Promise<string[]> {
    const [written] = await this.rows.query<[{ id: string }[], number]>(
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
      if (error instanceof CredentialsUnreadableError) return true; // Any password is better than one that cannot be read.
      throw error;
    }
  }

  private async findTargetsWhere(condition: string, values: unknown[]): Promise<ConnectionTarget[]> {
    const found = await this.rows.query<object[]>(
      `SELECT ${this.columns.list(TARGET_PROPERTIES)}, ${NEXT_LOGIN_IN_MS} AS "nextLoginInMs"
       FROM gateways AS "row" WHERE deleted_at IS NULL AND ${condition}`,
      values,
    );
    return this.columns.hydrate<TargetRow>(found).map(toConnectionTarget);
  }

  private async read(manager: EntityManager, id: string): Promise<GatewayRow | null> {
    const [row] = await manager.query<GatewayRow[]>(
      `SELECT ${this.columns.selected} FROM gateways AS "row" WHERE id = $1 AND deleted_at IS NULL`,
      [id],
    );
    return row ?? null;
  }

  private async change(
    manager: EntityManager,
    id: string,
    changes: GatewayChanges,
    refuseDuplicates: boolean,
  ): Promise<ChangedRow | null> {
    const parameters = new Parameters();
    const key = parameters.add(id);
    const assignments = this.columns.assignments(changes);
    const values = new Map(assignments.map(({ column, value, type }) => [column, parameters.add(value, type)]));
    const set = [...values].map(([column, value]) => `${column} = ${value}`);
    if (set.length === 0) return this.read(manager, id); // SQL has no empty UPDATE.
    const update = (from: string, condition: string) =>
      `UPDATE gateways AS "row" SET ${[...set, ...whenConnectionIsNew(values)].join(', ')} ${from}
       WHERE ${condition} RETURNING ${this.columns.selected}`;
    if (!BOUND_COLUMNS.some((column) => values.has(column))) {
      const own = update('', `id = ${key} AND deleted_at IS NULL`);
      const [[row]] = await manager.query<[GatewayRow[], number]>(own, parameters.values);
      return row ?? null;
    }
    const statement = `${verdictOnChange(key, values, refuseDuplicates)},
      changed AS (${update('FROM verdict', '"row".id = verdict.id AND NOT "isUrlTaken" AND NOT "needsWss"')})
      SELECT changed.*, "isUrlTaken", "needsWss", verdict.before FROM verdict LEFT JOIN changed ON true`;
    const [row] = await manager.query<(GatewayRow & Verdict)[]>(statement, parameters.values);
    return row ? allowed(row) : null;
  }

  private async write<Result>(work: () => Promise<Result>, isSecondTry = false): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (isViolationOf('uq_gateways_gateway_id', error)) throw new GatewayIdTakenError({ cause: error });
      // Two gateways that take each other's label at once wait for each other. PostgreSQL ends one; the other goes its way.
      if (isDeadlock(error) && !isSecondTry) return this.write(work, true);
      throw error;
    }
  }
}

/** The row of a write. @throws TlsNeedsWssError, GatewayUrlTakenError if a rule forbade it */
function allowed({ isUrlTaken, needsWss, ...row }: GatewayRow & Verdict): ChangedRow {
  if (needsWss) throw new TlsNeedsWssError();
  if (isUrlTaken) throw new GatewayUrlTakenError();
  return row;
}
