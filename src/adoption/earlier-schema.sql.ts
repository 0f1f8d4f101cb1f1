import { EARLIER_TABLES } from '../schema/earlier-version';
import { EARLIER_COLUMNS } from './earlier-schema';
import type { EarlierTable } from './earlier-schema';

const SCHEMA = `(SELECT oid FROM pg_namespace WHERE nspname = current_schema())`;

/** Columns of the tables `$1`. */
export const FOUND_COLUMNS = `
  SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, NULL) AS type,
    EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indkey::text = a.attnum::text)
      AS "isPrimaryKey"
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = ${SCHEMA} AND c.relkind = 'r' AND c.relname = ANY ($1) ORDER BY c.relname, a.attnum`;

/** Functions of the triggers on the tables `$1`, unless they belong to an extension or another schema. */
export const TRIGGER_FUNCTIONS = `
  SELECT DISTINCT p.oid::regprocedure::text AS signature
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE c.relnamespace = ${SCHEMA} AND c.relname = ANY ($1) AND NOT t.tgisinternal
    AND p.pronamespace = ${SCHEMA} AND ${isOwn('pg_proc', 'p.oid')}`;

/**
 * Relations, functions and types, except the tables `$1` and objects that belong to a table or an extension. The functions of the
 * triggers on the tables `$2` are left out.
 */
export const FOREIGN_OBJECTS = `
  SELECT concat_ws(' ', CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
      WHEN 'c' THEN 'type' ELSE 'table' END, relname) AS object
  FROM pg_class
  WHERE relnamespace = ${SCHEMA} AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND relname <> ALL ($1)
    AND ${isOwn('pg_class', 'pg_class.oid')}
  UNION ALL
  SELECT 'function ' || p.oid::regprocedure FROM pg_proc p
  WHERE p.pronamespace = ${SCHEMA} AND ${isOwn('pg_proc', 'p.oid')} AND NOT EXISTS (
    SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgfoid = p.oid AND c.relnamespace = ${SCHEMA} AND c.relname = ANY ($2))
  UNION ALL
  SELECT 'type ' || typname FROM pg_type
  WHERE typnamespace = ${SCHEMA} AND typtype IN ('d', 'e', 'r') AND ${isOwn('pg_type', 'pg_type.oid')}
  ORDER BY object`;

/** Whether an object is independent: not part of an extension, and not the sequence of a column. */
function isOwn(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend
    WHERE classid = '${catalog}'::regclass AND objid = ${oid} AND deptype IN ('e', 'a', 'i')
      AND refclassid <> 'pg_namespace'::regclass)`;
}

const PARENTS = [
  { child: 'factories', column: 'organization_id', parents: 'organizations' },
  { child: 'gateways', column: 'factory_id', parents: 'factories' },
] as const;

/** One row `problem` for each value that does not fit the current columns and constraints. @param copyOf name of a table's copy */
export function misfits(copyOf: (table: EarlierTable) => string): string {
  const problem = (table: EarlierTable, column: string, expected: string) =>
    `SELECT '${singular[table]} ' || id || ': ${column}: ${expected}' AS problem FROM ${copyOf(table)} AS earlier`;
  const ofColumns = EARLIER_TABLES.flatMap((table) =>
    EARLIER_COLUMNS[table].flatMap(({ name, maxLength, isNullable }) => [
      ...(isNullable ? [] : [`${problem(table, name, 'is null; expected a value')} WHERE ${name} IS NULL`]),
      ...(maxLength === undefined
        ? []
        : [`${problem(table, name, `expected at most ${maxLength} characters`)} WHERE length(${name}) > ${maxLength}`]),
    ]),
  );
  const ofParents = PARENTS.map(
    ({ child, column, parents }) =>
      `${problem(child, column, `expected the id of one of the ${parents}`)}
       WHERE NOT EXISTS (SELECT FROM ${copyOf(parents)} AS parent WHERE parent.id = earlier.${column})`,
  );
  const ofLabels = `${problem('gateways', 'gateway_id', 'another gateway that is not deleted has the same; expected a unique one')}
    WHERE deleted_at IS NULL AND EXISTS (SELECT FROM ${copyOf('gateways')} AS other
      WHERE other.gateway_id = earlier.gateway_id AND other.id <> earlier.id AND other.deleted_at IS NULL)`;
  return [...ofColumns, ...ofParents, ofLabels].join(' UNION ALL ');
}

const singular: Record<EarlierTable, string> = {
  organizations: 'organization',
  factories: 'factory',
  gateways: 'gateway',
};
