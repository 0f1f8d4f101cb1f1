import type { EntityManager, Repository } from 'typeorm';
import type { Page, PageRequest } from '../../common/page';
import type { BaseEntity } from '../base.entity';
import { SqlColumns } from './columns';
import type { BoundValues } from './columns';
import { findPage } from './find-page';
import { Parameters } from './parameters';
import type { Selection } from './selection';

/** The row that a new row belongs to. */
export interface Parent {
  readonly table: string;
  readonly id: string;
}

interface UpdateOptions<Entity> {
  /** The transaction to run in. */
  readonly manager?: EntityManager;
  /** Returns further assignments, such as `count = count + 1`. Receives the placeholders of the new values. */
  readonly also?: (values: BoundValues) => readonly string[];
  /** Values that the row must have; otherwise it is not changed. Undefined values are not checked. */
  readonly only?: Partial<Entity>;
}

/**
 * The rows of one table that are not deleted. Every method is one statement of hand-written SQL, a single round trip, and the rows
 * it returns are the driver's own objects; columns, names and conversions come from the entity.
 *
 * Use it for what every request does: reading by id, lists, creating, updating, deleting. A statement that does more (checks a rule,
 * uses a second table) is written in the repository, with `insertSql`, `updateSql` and `columns`. Use TypeORM for rare operations and
 * for transactions. Both use the same tables: the entity is the only description of each.
 */
export class LivingRows<Entity extends BaseEntity, Row extends Partial<Entity>> {
  readonly columns: SqlColumns<Entity>;
  private readonly table: string;
  private readonly selectById: string;

  constructor(private readonly repository: Repository<Entity>) {
    this.columns = new SqlColumns(repository.metadata);
    this.table = `"${repository.metadata.tableName}"`;
    this.selectById = `SELECT ${this.columns.selected} FROM ${this.table} AS "row" WHERE id = $1 AND deleted_at IS NULL`;
  }

  async findById(id: string, manager: EntityManager = this.repository.manager): Promise<Row | null> {
    const [row] = await manager.query<Row[]>(this.selectById, [id]);
    return row ?? null;
  }

  private async findWhere(condition: string, { values }: Parameters, manager: EntityManager): Promise<Row | null> {
    const select = `SELECT ${this.columns.selected} FROM ${this.table} AS "row" WHERE ${condition}`;
    const [row] = await manager.query<Row[]>(select, values);
    return row ?? null;
  }

  findPage(selection: Selection, page: PageRequest): Promise<Page<Row>> {
    return findPage<Row>(this.repository, this.columns, selection, page);
  }

  /** @returns the new row, with the values that the database set: key, times and defaults */
  async insert(draft: Partial<Entity>): Promise<Row> {
    const parameters = new Parameters();
    const values = this.columns.bind(draft, parameters);
    const [row] = await this.repository.query<[Row]>(this.insertSql(values), parameters.values);
    return row;
  }

  /**
   * Locks the parent until the new row is committed: the foreign key alone does not prevent a concurrent soft delete.
   * @returns the new row, or null if the parent does not exist or is deleted
   */
  async insertBelow(parent: Parent, draft: Partial<Entity>): Promise<Row | null> {
    const parameters = new Parameters();
    const values = this.columns.bind(draft, parameters);
    const lock = lockParentSql(parent.table, parameters.add(parent.id));
    const [row] = await this.repository.query<Row[]>(
      `WITH parent AS (${lock}) ${this.insertSql(values, 'parent')}`,
      parameters.values,
    );
    return row ?? null;
  }

  /**
   * Columns with undefined values are not changed.
   * @returns the changed row, or null if there is no such living row with the values of `only`
   */
  async update(
    id: string,
    changes: Partial<Entity>,
    { manager = this.repository.manager, also, only = {} }: UpdateOptions<Entity> = {},
  ): Promise<Row | null> {
    const parameters = new Parameters();
    const key = parameters.add(id);
    const required = Array.from(this.columns.bind(only, parameters), ([column, value]) => ` AND ${column} = ${value}`);
    const condition = `id = ${key} AND deleted_at IS NULL${required.join('')}`;
    const values = this.columns.bind(changes, parameters);
    if (values.size === 0) return this.findWhere(condition, parameters, manager); // SQL has no empty UPDATE.
    const statement = this.updateSql(values, also?.(values) ?? [], condition);
    const [[row]] = await manager.query<[Row[], number]>(statement, parameters.values);
    return row ?? null;
  }

  /** @returns whether there was a living row to delete */
  async softDelete(id: string, manager: EntityManager = this.repository.manager): Promise<boolean> {
    const [, deleted] = await manager.query<[unknown[], number]>(
      `UPDATE ${this.table} SET deleted_at = now() WHERE id = $1 AND deleted_at IS NULL`,
      [id],
    );
    return deleted === 1;
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
}

/** Selects a living parent and locks it FOR SHARE. @param columns columns to select */
export function lockParentSql(table: string, id: string, columns = ''): string {
  return `SELECT ${columns} FROM "${table}" WHERE id = ${id} AND deleted_at IS NULL FOR SHARE`;
}

/**
 * Soft-deletes the living rows below these parents. Call in the transaction that deletes the parents.
 *
 * Locks all rows in id order before it writes the first, like every statement that locks many rows. So two of them cannot deadlock, nor
 * can a concurrent update that has locked one of the rows and takes over the label of another.
 * @returns the ids of the deleted rows
 */
export async function softDeleteBelow(
  manager: EntityManager,
  { table, parent }: { readonly table: string; readonly parent: string },
  parentIds: readonly string[],
): Promise<string[]> {
  const isBelow = `"${parent}" = ANY ($1) AND deleted_at IS NULL`;
  await manager.query(`SELECT FROM "${table}" WHERE ${isBelow} ORDER BY id FOR NO KEY UPDATE`, [parentIds]);
  const [deleted] = await manager.query<[{ id: string }[], number]>(
    `UPDATE "${table}" SET deleted_at = now() WHERE ${isBelow} RETURNING id`,
    [parentIds],
  );
  return deleted.map(({ id }) => id);
}
