import type { Cursor } from './page';

/** One table, and how it appears in the API. */
export interface Resource {
  readonly table: string;
  /** JSON schema of a row in an answer. */
  readonly schema: object;
  /** The select list for `schema`. */
  readonly columns: string;
  /** Columns that a list can be filtered by, with query parameters of the same names. */
  readonly filters: readonly string[];
  /** Columns that a search covers. */
  readonly searched: readonly string[];
  readonly changeable: readonly string[];
  /** Values for the placeholders of `insert`, in their order. */
  readonly values: (body: Body) => unknown[];
  /** Inserts a row and returns it; no row if its parent does not exist. */
  readonly insert: string;
}

export type Body = Readonly<Record<string, unknown>>;

export interface ListQuery {
  readonly limit?: string;
  readonly offset?: string;
  readonly cursor?: string;
  readonly search?: string;
  readonly [filter: string]: string | undefined;
}

export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

export function selectOne({ table, columns }: Resource, id: string): Statement {
  return { text: `SELECT ${columns} FROM ${table} WHERE id = $1 AND deleted_at IS NULL`, values: [id] };
}

/** One page; each row carries the `total` of all pages. Costs less than two statements, whether parallel or sequential. */
export function selectPage(resource: Resource, query: ListQuery, limit: number, offset: number): Statement {
  const { table, columns } = resource;
  const { text: condition, values } = conditionOf(resource, query);
  const page = `LIMIT $${values.length + 1} OFFSET $${values.length + 2}`;
  return {
    text: `SELECT ${columns}, (SELECT count(*)::int FROM ${table} WHERE ${condition}) AS total
      FROM ${table} WHERE ${condition} ORDER BY name, id ${page}`,
    values: [...values, limit, offset],
  };
}

/** The page after a cursor, which carries the total. */
export function selectPageAfter(resource: Resource, query: ListQuery, { name, id }: Cursor, limit: number): Statement {
  const { table, columns } = resource;
  const { text: condition, values } = conditionOf(resource, query);
  const [last, size] = [`($${values.length + 1}, $${values.length + 2})`, `$${values.length + 3}`];
  return {
    text: `SELECT ${columns} FROM ${table} WHERE ${condition} AND (name, id) > ${last} ORDER BY name, id LIMIT ${size}`,
    values: [...values, name, id, limit],
  };
}

/** The number of rows in all pages, for a page without a row to carry it. */
export function count(resource: Resource, query: ListQuery): Statement {
  const { text: condition, values } = conditionOf(resource, query);
  return { text: `SELECT count(*)::int AS total FROM ${resource.table} WHERE ${condition}`, values };
}

/** Who sent a request, for the audit log. */
export interface Caller {
  readonly requestId: string;
  readonly address: string;
  readonly userAgent: string | undefined;
}

/** Inserts a row, and the audit record of it, which shows the fields of the body and no password. */
export function insert({ table, ...resource }: Resource, body: Body, caller: Caller): Statement {
  const { password, ...shown } = body;
  const fields = { ...shown, ...(password === undefined ? {} : { password: '[secret]' }) };
  const changes = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, [null, value]]));
  const values = [...resource.values(body), JSON.stringify(changes)];
  const audit = auditSql(table, 'create', `$${values.length}::jsonb`, 'created', caller, values);
  return { text: `WITH created AS (${resource.insert}), audit AS (${audit}) SELECT * FROM created`, values };
}

/** Changes the columns that are in the body, and records their old and new values. */
export function update({ table, columns, changeable }: Resource, id: string, body: Body, caller: Caller): Statement {
  const changed = changeable.filter((column) => column in body);
  const values = [id, ...changed.map((column) => body[column])];
  const set = changed.map((column, index) => `${column} = $${index + 2}`).join(', ');
  const pairs = changed.map((column) => `'${column}', jsonb_build_array(before.${column}, changed.${column})`);
  const diff = `jsonb_build_object(${pairs.join(', ')})`;
  const audit = auditSql(table, 'update', diff, 'before CROSS JOIN changed', caller, values);
  const qualified = columns.replaceAll(/\w+/g, 'stored.$&');
  return {
    text: `WITH before AS (SELECT * FROM ${table} WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE),
        changed AS (UPDATE ${table} AS stored SET ${set} FROM before WHERE stored.id = before.id RETURNING ${qualified}),
        audit AS (${audit})
      SELECT * FROM changed`,
    values,
  };
}

/** Inserts an audit record for each row of `from`, whose first CTE names the object. Adds its values. */
function auditSql(table: string, verb: string, diff: string, from: string, caller: Caller, values: unknown[]): string {
  const object = table.slice(0, -1).replace('factorie', 'factory');
  const row = from.split(' ')[0];
  const owner = table === 'organizations' ? 'id' : 'organization_id';
  const origin = [caller.requestId, caller.address, caller.userAgent].map((value) => `$${values.push(value)}`);
  return `INSERT INTO audit_log (actor_kind, actor_id, actor_name, organization_id, action, object_type, object_id, changes,
      request_id, address, user_agent)
    SELECT 'anonymous', 'anonymous', 'anonymous', ${row}.${owner}, '${object}.${verb}', '${object}', ${row}.id, ${diff},
      ${origin.join(', ')} FROM ${from}`;
}

function conditionOf({ filters, searched }: Resource, query: ListQuery): Statement {
  const conditions = ['deleted_at IS NULL'];
  const values: unknown[] = [];
  for (const column of filters) {
    if (query[column] !== undefined) conditions.push(`${column} = $${values.push(query[column])}`);
  }
  if (query.search !== undefined) {
    const pattern = `$${values.push(`%${query.search.replace(/[\\%_]/g, '\\$&')}%`)}`;
    // The columns have the collation "C", which folds the case of ASCII letters only.
    conditions.push(`(${searched.map((column) => `${column} COLLATE "default" ILIKE ${pattern}`).join(' OR ')})`);
  }
  return { text: conditions.join(' AND '), values };
}
