import type { QueryResultRow } from 'pg';
import { withClient } from '../../support/database';
import type { TestDatabase } from '../../support/database';

/** A schema described in text; equal descriptions mean equal schemas. */
export interface Catalog {
  readonly tables: string[];
  readonly columns: string[];
  readonly constraints: string[];
  readonly indexes: string[];
  readonly triggers: string[];
  readonly functions: string[];
  readonly others: string[];
}

// Leaves out TypeORM's own list of migrations, which is not part of what they create, and partitions, which the service makes. Of an index
// of a partitioned table, PostgreSQL says ON ONLY.
const QUERIES: Record<keyof Catalog, string> = {
  tables: `
    SELECT format('%s %s', relkind, relname) AS line FROM pg_class
    WHERE NOT relispartition AND relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'I', 'S') AND relname <> 'migrations'`,
  columns: `
    SELECT concat_ws(' ', c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod),
        'collate ' || l.collname, CASE WHEN a.attnotnull THEN 'not null' END, 'default ' || pg_get_expr(d.adbin, d.adrelid),
        'identity ' || NULLIF(a.attidentity::text, ''), 'generated ' || NULLIF(a.attgenerated::text, '')) AS line
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'migrations'
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped`,
  // NOT NULL is part of the columns; since PostgreSQL 18 it is a constraint as well.
  constraints: `
    SELECT format('%s.%s %s', c.relname, k.conname, pg_get_constraintdef(k.oid)) AS line
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.connamespace = 'public'::regnamespace AND k.contype <> 'n' AND NOT c.relispartition AND c.relname <> 'migrations'`,
  indexes: `
    SELECT replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS line
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE NOT c.relispartition AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'migrations'`,
  triggers: `
    SELECT pg_get_triggerdef(t.oid) AS line FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal`,
  functions: `SELECT pg_get_functiondef(oid) AS line FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
  others: `
    SELECT format('type %s', typname) AS line FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typrelid = 0 AND typelem = 0
    UNION ALL SELECT format('sequence %s', relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND relname <> 'migrations_id_seq'
    UNION ALL SELECT format('collation %s %s %s %s', collname, collprovider, collisdeterministic,
      COALESCE(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale'))
    FROM pg_collation AS c WHERE collnamespace = 'public'::regnamespace
    UNION ALL SELECT format('extension %s', extname) FROM pg_extension
    UNION ALL SELECT format('schema %s', nspname) FROM pg_namespace WHERE nspname !~ '^pg_'`,
};

/** Reads the schema of a database, each part in alphabetical order. */
export async function readCatalog({ url }: Pick<TestDatabase, 'url'>): Promise<Catalog> {
  return withClient(url, async (client) => {
    const lines = async (part: keyof Catalog): Promise<string[]> =>
      (await client.query<{ line: string }>(`${QUERIES[part]} ORDER BY line`)).rows.map(({ line }) => line);
    return {
      tables: await lines('tables'),
      columns: await lines('columns'),
      constraints: await lines('constraints'),
      indexes: await lines('indexes'),
      triggers: await lines('triggers'),
      functions: await lines('functions'),
      others: await lines('others'),
    };
  });
}

/** Runs one statement on its own connection, and returns the rows. */
export function queryOnce<Row extends QueryResultRow>(
  { url }: Pick<TestDatabase, 'url'>,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  return withClient(url, async (client) => (await client.query<Row>(sql, [...parameters])).rows);
}
