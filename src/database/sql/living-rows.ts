import type { EntityManager, Repository } from 'typeorm';
import type { Actor, Reach } from '../../common/actor';
import type { AuditAction, AuditObject } from '../../common/audit-actions';
import type { Created, Once } from '../../common/idempotency';
import type { IfMatch } from '../../common/precondition';
import type { Page, PageRequest } from '../../common/page';
import type { BaseEntity } from '../base.entity';
import { insertAuditSql } from './audit-sql';
import type { AuditRow } from './audit-sql';
import { changeableSql, requireRevisionOf } from './changeable';
import { SqlColumns } from './columns';
import type { BoundValues } from './columns';
import { findPage } from './find-page';
import { createOnce, DELETE_EXPIRED_SQL, keepSql } from './idempotency';
import { Parameters } from './parameters';
import { withinReach } from './selection';
import type { Selection } from './selection';

/** What a table holds. */
export interface TableOf {
  /** Its rows, as the audit log calls them. */
  readonly object: Exclude<AuditObject, 'key' | 'sensor'>;
  /** The column with the organization of a row. */
  readonly organization: OrganizationColumn;
}

export type OrganizationColumn = 'id' | 'organization_id';

/** The row that a new row belongs to. */
export interface Parent {
  readonly table: string;
  readonly organization: OrganizationColumn;
  readonly id: string;
}

interface UpdateOptions<Entity> extends IfMatch {
  readonly manager?: EntityManager;
  /** Returns further assignments, such as `count = count + 1`. Receives the placeholders of the new values. */
  readonly also?: (values: BoundValues) => readonly string[];
  /** Values that the row must have; otherwise it is not changed. Undefined values are not checked. */
  readonly only?: Partial<Entity>;
  /** What the audit log calls the change, if not an update. Recorded even if nothing changes, because an order is an act in itself. */
  readonly order?: AuditAction;
}

/**
 * The rows of one table that are not deleted, as far as a reach covers them. Every method is one statement of hand-written SQL, a single
 * round trip, and the rows it returns are the driver's own objects; columns, names and conversions come from the entity. Statements that
 * change rows also write the audit log.
 *
 * Use it for what every request does: reading by id, lists, creating, updating, deleting. A statement that does more (checks a rule,
 * uses a second table) is written in the repository, with `insertSql`, `updateSql`, `auditSql` and `columns`. Use TypeORM for rare
 * operations and for transactions. Both use the same tables: the entity is the only description of each.
 */
export class LivingRows<Entity extends BaseEntity, Row extends Partial<Entity> & { readonly revision: number }> {
  readonly columns: SqlColumns<Entity>;
  private readonly table: string;
  private readonly selectById: string;

  constructor(
    private readonly repository: Repository<Entity>,
    private readonly of: TableOf,
  ) {
    this.columns = new SqlColumns(repository.metadata);
    this.table = `"${repository.metadata.tableName}"`;
    this.selectById = `SELECT ${this.columns.selected} FROM ${this.table} AS "row" WHERE id = $1 AND deleted_at IS NULL`;
  }

  async findById(reach: Reach, id: string, manager: EntityManager = this.repository.manager): Promise<Row | null> {
    const isLimited = reach.organizationId !== null;
    const [row] = await manager.query<Row[]>(
      isLimited ? `${this.selectById} AND ${this.of.organization} = $2` : this.selectById,
      isLimited ? [id, reach.organizationId] : [id],
    );
    return row ?? null;
  }

  /** Creates a row, unless a request with the same key has created it before. @throws IdempotencyKeyReusedError */
  createOnce(actor: Actor, once: Once | undefined, create: () => Promise<Row>): Promise<Created<Row>> {
    return createOnce(this.repository.manager, (json) => this.columns.revive(json) as Row, actor, once, create);
  }

  findPage(selection: Selection, page: PageRequest): Promise<Page<Row>> {
    return findPage<Row>(this.repository, this.columns, selection, page);
  }

  /** @returns the new row, with the values that the database set: key, times and defaults */
  async insert(actor: Actor, draft: Partial<Entity>, once?: Once): Promise<Row> {
    const parameters = new Parameters();
    const values = this.columns.bind(draft, parameters);
    const created = this.createdSql(actor, this.insertSql(values), values, parameters, once);
    const [row] = await this.repository.query<[Row]>(`WITH ${created} SELECT * FROM created`, parameters.values);
    return row;
  }

  /**
   * Locks the parent until the new row is committed: the foreign key alone does not prevent a concurrent soft delete.
   * @returns the new row, or null if the parent does not exist, is deleted, or is out of reach
   */
  async insertBelow(actor: Actor, parent: Parent, draft: Partial<Entity>, once?: Once): Promise<Row | null> {
    const parameters = new Parameters();
    const values = this.columns.bind(draft, parameters);
    const lock = lockParentSql(actor, parent, parameters.add(parent.id), parameters);
    const created = this.createdSql(actor, this.insertSql(values, 'parent'), values, parameters, once);
    const [row] = await this.repository.query<Row[]>(
      `WITH parent AS (${lock}), ${created} SELECT * FROM created`,
      parameters.values,
    );
    return row ?? null;
  }

  /**
   * Columns with undefined values are not changed.
   * @returns the changed row, or null if there is no such living row with the values of `only`
   * @throws PreconditionFailedError if the row has another revision
   */
  async update(
    actor: Actor,
    id: string,
    changes: Partial<Entity>,
    { manager = this.repository.manager, also, only = {}, ifMatch, order }: UpdateOptions<Entity> = {},
  ): Promise<Row | null> {
    const parameters = new Parameters();
    const key = parameters.add(id);
    const required = Array.from(this.columns.bind(only, parameters), ([column, value]) => ` AND ${column} = ${value}`);
    const condition = `${this.isChangeable(actor, key, parameters, ifMatch)}${required.join('')}`;
    const values = this.columns.bind(changes, parameters);
    const statement =
      values.size === 0 // SQL has no empty UPDATE.
        ? `SELECT ${this.columns.selected} FROM ${this.table} AS "row" WHERE ${condition}`
        : `WITH before AS (SELECT ${this.beforeSql(values)} FROM ${this.table} WHERE ${condition} FOR NO KEY UPDATE),
             changed AS (${this.updateSql(values, also?.(values) ?? [], '"row".id = before.old_id', 'FROM before')}),
             audit AS (${this.updateAuditSql(actor, values, parameters, order)})
           SELECT * FROM changed`;
    const [row] = await manager.query<Row[]>(statement, parameters.values);
    if (!row && ifMatch) await this.requireRevision(actor, id, ifMatch, manager);
    return row ?? null;
  }

  /**
   * Changes many rows alike by order, in one statement, and records each in the audit log. Locks them in id order first, as every
   * statement that locks many rows does.
   * @returns the changed rows, without those that are not living or out of reach
   */
  async orderMany(actor: Actor, ids: readonly string[], changes: Partial<Entity>, order: AuditAction): Promise<Row[]> {
    const parameters = new Parameters();
    const condition = [
      `id = ANY (${parameters.add(ids, 'uuid[]')}) AND deleted_at IS NULL`,
      ...withinReach(actor, this.of.organization, parameters),
    ].join(' AND ');
    const values = this.columns.bind(changes, parameters);
    return this.repository.query<Row[]>(
      `WITH before AS (SELECT ${this.beforeSql(values)} FROM ${this.table} WHERE ${condition} ORDER BY id FOR NO KEY UPDATE),
            changed AS (${this.updateSql(values, [], '"row".id = before.old_id', 'FROM before')}),
            audit AS (${this.updateAuditSql(actor, values, parameters, order)})
       SELECT * FROM changed`,
      parameters.values,
    );
  }

  /**
   * @returns whether there was a living row to delete
   * @throws PreconditionFailedError if the row has another revision
   */
  async softDelete(
    actor: Actor,
    id: string,
    { ifMatch, manager = this.repository.manager }: IfMatch & { readonly manager?: EntityManager } = {},
  ): Promise<boolean> {
    const parameters = new Parameters();
    const condition = this.isChangeable(actor, parameters.add(id), parameters, ifMatch);
    const { organization } = this.of;
    const row = { id: 'id', organizationId: 'owner', from: 'deleted' };
    const audit = this.auditSql(actor, 'delete', row, parameters);
    const [deleted] = await manager.query<unknown[]>(
      `WITH deleted AS (UPDATE ${this.table} SET deleted_at = now() WHERE ${condition} RETURNING id, ${organization} AS owner),
            audit AS (${audit})
       SELECT id FROM deleted`,
      parameters.values,
    );
    if (!deleted && ifMatch) await this.requireRevision(actor, id, ifMatch, manager);
    return deleted !== undefined;
  }

  /** @param from table to select the values from; if it has no row, nothing is inserted */
  insertSql(values: BoundValues, from?: string): string {
    const listed = [...values.values()].join(', ');
    return `INSERT INTO ${this.table} AS "row" (${[...values.keys()].join(', ')})
      ${from === undefined ? `VALUES (${listed})` : `SELECT ${listed} FROM ${from}`} RETURNING ${this.columns.selected}`;
  }

  /** @param from other tables that the condition reads; the alias of this one is `row` */
  updateSql(values: BoundValues, also: readonly string[], condition: string, from = ''): string {
    const set = [...Array.from(values, ([column, value]) => `${column} = ${value}`), ...also];
    return `UPDATE ${this.table} AS "row" SET ${set.join(', ')} ${from} WHERE ${condition} RETURNING ${this.columns.selected}`;
  }

  /** CTEs: `created`, which inserts a row, and what goes with it: its row in the audit log and its idempotency key. */
  createdSql(actor: Actor, insert: string, values: BoundValues, parameters: Parameters, once?: Once): string {
    const row = { ...this.identityIn('created'), from: 'created' };
    const changes = { before: new Map(), after: this.columns.audited('created', values) };
    const audit = this.auditSql(actor, 'create', { ...row, changes, always: true }, parameters);
    const kept = once
      ? `, kept AS (${keepSql(actor, once, 'created', parameters)}), expired AS (${DELETE_EXPIRED_SQL})`
      : '';
    return `created AS (${insert}), audit AS (${audit})${kept}`;
  }

  /** Columns for the CTE `before` of an update, for its audit: the present values of what changes, as `old_…`. */
  beforeSql(values: BoundValues): string {
    return ['id AS old_id', ...Array.from(values.keys(), (column) => `${column} AS ${oldOf(column)}`)].join(', ');
  }

  /** Writes the audit row of an update; reads the CTEs `before` and `changed`. */
  updateAuditSql(actor: Actor, values: BoundValues, parameters: Parameters, order?: AuditAction): string {
    const named = [...values].map(([column, value]) => [this.columns.auditName(column), column, value] as const);
    const after = new Map(named.map(([name, , value]) => [name, value]));
    const before = new Map(named.map(([name, column]) => [name, `before.${oldOf(column)}`]));
    const row = {
      ...this.identityIn('changed'),
      from: 'before JOIN changed ON changed."id" = before.old_id',
      changes: { before, after },
    };
    if (order === undefined) return this.auditSql(actor, 'update', row, parameters);
    return insertAuditSql(actor, { ...row, object: this.of.object, action: order, always: true }, parameters);
  }

  /**
   * The condition for a living row within reach that has one of these revisions.
   * @param key placeholder of the id
   */
  isChangeable(reach: Reach, key: string, parameters: Parameters, ifMatch?: readonly number[]): string {
    const row = { key, isLiving: 'deleted_at IS NULL', organization: this.of.organization };
    return changeableSql(reach, row, parameters, ifMatch);
  }

  /** Tells a row that is missing from one that has another revision. @throws PreconditionFailedError for the latter */
  async requireRevision(
    reach: Reach,
    id: string,
    ifMatch: readonly number[],
    manager: EntityManager = this.repository.manager,
  ): Promise<void> {
    requireRevisionOf(await this.findById(reach, id, manager), ifMatch);
  }

  /** SQL: id and organization of a row that `RETURNING` has named by its properties. */
  private identityIn(cte: string): Pick<AuditRow, 'id' | 'organizationId'> {
    return { id: `${cte}."id"`, organizationId: `${cte}."${this.of.organization === 'id' ? 'id' : 'organizationId'}"` };
  }

  private auditSql(
    actor: Actor,
    verb: 'create' | 'update' | 'delete',
    row: Omit<AuditRow, 'action' | 'object'>,
    parameters: Parameters,
  ): string {
    const { object } = this.of;
    return insertAuditSql(actor, { ...row, object, action: `${object}.${verb}` }, parameters);
  }
}

function oldOf(column: string): string {
  return column.replace('"', '"old_');
}

/**
 * Selects a living parent within reach and locks it FOR SHARE.
 * @param id SQL expression
 * @param columns columns to select
 */
export function lockParentSql(
  reach: Reach,
  { table, organization }: Pick<Parent, 'table' | 'organization'>,
  id: string,
  parameters: Parameters,
  columns = '',
): string {
  const conditions = [`id = ${id} AND deleted_at IS NULL`, ...withinReach(reach, organization, parameters)];
  return `SELECT ${columns} FROM "${table}" WHERE ${conditions.join(' AND ')} FOR SHARE`;
}

/**
 * Soft-deletes the living rows below these parents, and records that in the audit log. Call in the transaction that deletes the parents.
 *
 * Locks all rows in id order before it writes the first, like every statement that locks many rows. So two of them cannot deadlock, nor
 * can a concurrent update that has locked one of the rows and takes over the label of another.
 * @returns the ids of the deleted rows
 */
export async function softDeleteBelow(
  manager: EntityManager,
  actor: Actor,
  { table, parent, object }: { readonly table: string; readonly parent: string; readonly object: TableOf['object'] },
  parentIds: readonly string[],
): Promise<string[]> {
  const isBelow = `"${parent}" = ANY ($1) AND deleted_at IS NULL`;
  await manager.query(`SELECT FROM "${table}" WHERE ${isBelow} ORDER BY id FOR NO KEY UPDATE`, [parentIds]);
  const parameters = new Parameters();
  parameters.add(parentIds);
  const audit = insertAuditSql(
    actor,
    { action: `${object}.delete`, object, id: 'id', organizationId: 'organization_id', from: 'deleted' },
    parameters,
  );
  const deleted = await manager.query<{ id: string }[]>(
    `WITH deleted AS (UPDATE "${table}" SET deleted_at = now() WHERE ${isBelow} RETURNING id, organization_id),
          audit AS (${audit})
     SELECT id FROM deleted`,
    parameters.values,
  );
  return deleted.map(({ id }) => id);
}
