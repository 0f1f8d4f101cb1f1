import type { ObjectLiteral, Repository } from 'typeorm';
import type { ListPosition, Page, PageRequest } from '../../common/page';
import { Order } from './order';
import type { Selection } from './selection';

/** Up to this offset, skipping rows costs less than finding out which end of the list is nearer. */
const SHALLOW_OFFSET = 1000;

/** A row of a page. The id is null in the only row of an empty page, which carries the total. */
type ReadRow<Row> = Row & { id: string | null; name: string; total?: number | undefined; sortKey?: string | undefined };

interface PageSql {
  readonly table: string;
  readonly selected: string;
  readonly selection: Selection;
  readonly order: Order;
}

/**
 * Reads one page of living rows and how many there are in all: one statement, so page and total come from the same snapshot. A page
 * that continues after a row does not count: it returns the total from the request.
 */
export async function findPage<Row extends ObjectLiteral>(
  rows: Repository<ObjectLiteral>,
  columns: { readonly selected: string },
  selection: Selection,
  page: PageRequest,
): Promise<Page<Row>> {
  const order = new Order(page.sort ?? 'name');
  const selected = `${columns.selected}${order.selectedKey}`;
  const sql = { table: `"${rows.metadata.tableName}"`, selected, selection, order };
  const statement = page.after ? continued(sql, page.after, page.limit) : withTotal(sql, page);
  const read = await rows.query<ReadRow<Row>[]>(statement, selection.parameters.values);

  if (page.after) return toPage(read.slice(0, page.limit), page.after.total, read.length > page.limit);
  const total = read[0]?.total ?? 0;
  const found = read[0]?.id === null ? [] : read;
  return toPage(found, total, page.offset + found.length < total);
}

function withTotal(sql: PageSql, { limit, offset }: PageRequest): string {
  return sql.selection.isSearch || offset > SHALLOW_OFFSET
    ? fromNearerEnd(sql, limit, offset)
    : fromStart(sql, limit, offset);
}

/** Joins the page to the count, so that an empty page still returns the total, in a row of nulls. */
function fromStart({ table, selected, selection, order }: PageSql, limit: number, offset: number): string {
  const { parameters, condition } = selection;
  return `SELECT "row".*, total FROM (SELECT count(*)::int AS total FROM ${table} WHERE ${condition}) AS counted
    LEFT JOIN (SELECT ${selected} FROM ${table} AS "row" WHERE ${condition}
      ORDER BY ${order.by()} LIMIT ${parameters.add(limit)} OFFSET ${parameters.add(offset)}) AS "row" ON true
    ORDER BY ${order.byProperty('"row".')}`;
}

/**
 * Skips the rows before the page in the index, from the nearer end of the list, and reads only the rows of the page. A search examines
 * every row, so it runs once, for the page and the count together.
 */
function fromNearerEnd({ table, selected, selection, order }: PageSql, limit: number, offset: number): string {
  const { parameters, condition, isSearch } = selection;
  const [size, skipped] = [parameters.add(limit), parameters.add(offset)];
  return `WITH found AS ${isSearch ? 'MATERIALIZED' : 'NOT MATERIALIZED'}
      (SELECT id, ${order.column} FROM ${table} WHERE ${condition})
    SELECT ${selected}, total::int FROM (SELECT count(*) AS total FROM found) AS counted
    LEFT JOIN ${table} AS "row" ON "row".id = ANY (
      CASE WHEN ${skipped} <= total / 2
      THEN ARRAY(SELECT id FROM found ORDER BY ${order.by()} LIMIT ${size} OFFSET ${skipped})
      ELSE ARRAY(SELECT id FROM found ORDER BY ${order.reversed()}
                 LIMIT GREATEST(0, LEAST(${size}, total - ${skipped})) OFFSET GREATEST(0, total - ${skipped} - ${size}))
      END)
    ORDER BY ${order.by('"row".')}`;
}

/** Reads one row more than the page, to find out whether others follow. */
function continued({ table, selected, selection, order }: PageSql, after: ListPosition, limit: number): string {
  const { parameters, condition } = selection;
  return `SELECT ${selected} FROM ${table} AS "row" WHERE ${condition} AND ${order.follows(after, parameters)}
    ORDER BY ${order.by()} LIMIT ${parameters.add(limit + 1)}`;
}

function toPage<Row extends ObjectLiteral>(read: ReadRow<Row>[], total: number, hasNext: boolean): Page<Row> {
  const last = read.at(-1);
  const next = last && hasNext ? { key: last.sortKey ?? last.name, id: last.id ?? '' } : undefined;
  return { items: read.map(toRow<Row>), total, ...(next && { next }) };
}

/** Clears the columns that only paging needs. Deleting them, or copying the others, would make the row a slow object. */
function toRow<Row>(read: ReadRow<Row>): Row {
  read.total = undefined;
  if ('sortKey' in read) read.sortKey = undefined;
  return read;
}
