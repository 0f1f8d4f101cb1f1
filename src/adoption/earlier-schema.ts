import { EARLIER_TABLES } from '../schema/earlier-version';

export type EarlierTable = (typeof EARLIER_TABLES)[number];

/** A column of the earlier version. */
interface EarlierColumn {
  readonly name: string;
  /** Accepted types, as `format_type` names them without a length. */
  readonly types: readonly string[];
  /** Maximum number of characters in the current column. */
  readonly maxLength?: number;
  readonly isNullable: boolean;
}

/** A column as found in the database. */
export interface FoundColumn {
  readonly table: EarlierTable;
  readonly name: string;
  readonly type: string;
  readonly isPrimaryKey: boolean;
}

const TEXT = ['text', 'character varying'];
// The type `timestamp without time zone` is refused: its values do not identify a moment.
const TIME = ['timestamp with time zone'];

const required = (name: string, types: readonly string[], maxLength?: number): EarlierColumn => ({
  name,
  types,
  isNullable: false,
  ...(maxLength !== undefined && { maxLength }),
});
const nullable = (...column: Parameters<typeof required>): EarlierColumn => ({
  ...required(...column),
  isNullable: true,
});

const common = [
  required('metadata', ['jsonb']),
  required('created_at', TIME),
  required('updated_at', TIME),
  nullable('deleted_at', TIME),
];

/** The columns of v1.0. Each also exists in the current schema, under the same name. */
export const EARLIER_COLUMNS: Record<EarlierTable, readonly EarlierColumn[]> = {
  organizations: [required('id', ['uuid']), required('name', TEXT, 255), ...common],
  factories: [
    required('id', ['uuid']),
    required('organization_id', ['uuid']),
    required('name', TEXT, 255),
    nullable('location', TEXT, 500),
    required('timezone', TEXT, 100),
    ...common,
  ],
  gateways: [
    required('id', ['uuid']),
    required('factory_id', ['uuid']),
    required('gateway_id', TEXT, 255),
    required('name', TEXT, 255),
    required('url', TEXT, 500),
    required('email', TEXT, 255),
    required('password_encrypted', [...TEXT, 'jsonb', 'json']),
    nullable('model', TEXT, 100),
    nullable('firmware_version', TEXT, 50),
    nullable('last_seen_at', TIME),
    ...common,
  ],
};

/** Tables of migration tools. They only record how the earlier version created its schema. */
export const BOOKKEEPING_TABLES = ['pgmigrations', 'kysely_migration', 'kysely_migration_lock'];

/** Compares the columns with those of v1.0, and returns one line for each difference. */
export function schemaProblems(found: readonly FoundColumn[]): string[] {
  return EARLIER_TABLES.flatMap((table) => {
    const expected = EARLIER_COLUMNS[table];
    const columns = new Map(found.filter((column) => column.table === table).map((column) => [column.name, column]));
    const unknown = [...columns.keys()].filter((name) => !expected.some((column) => column.name === name));
    return [
      ...expected.flatMap((column) => columnProblem(table, column, columns.get(column.name))),
      ...unknown.map((name) => `${table}.${name}: is not a column of v1.0; drop it, or move its values to metadata`),
    ];
  });
}

function columnProblem(table: EarlierTable, expected: EarlierColumn, found: FoundColumn | undefined): string[] {
  const name = `${table}.${expected.name}`;
  const types = expected.types.join(' or ');
  if (!found) return [`${name}: is missing; expected ${types}`];
  if (!expected.types.includes(found.type)) return [`${name}: is ${found.type}; expected ${types}`];
  if (expected.name === 'id' && !found.isPrimaryKey) return [`${name}: is not the primary key; expected it to be`];
  return [];
}
