import type { EntityMetadata, ObjectLiteral, ValueTransformer } from 'typeorm';
import type { Parameters } from './parameters';

/** The placeholders of values to write, by quoted column: `"name"` → `$2::varchar`. */
export type BoundValues = ReadonlyMap<string, string>;

/** Properties that the service sets by itself. */
const NOT_AUDITED = new Set([
  'id',
  'createdAt',
  'updatedAt',
  'deletedAt',
  'revision',
  'connectionVersion',
  'lastSeenAt',
]);

interface StoredColumn {
  readonly databaseName: string;
  readonly type: unknown;
  readonly isArray: boolean;
  readonly isSelect: boolean;
}

/**
 * The columns of an entity, for hand-written SQL. They are selected under the names of the entity's properties, so the driver's row
 * objects are used as they are.
 */
export class SqlColumns<Entity extends ObjectLiteral> {
  /** The columns of a living row, for SELECT and RETURNING. The table's alias must be `row`. */
  readonly selected: string;
  private readonly byProperty: ReadonlyMap<string, StoredColumn>;
  private readonly transformers: readonly (readonly [property: string, transformer: ValueTransformer])[];

  constructor({ columns }: EntityMetadata) {
    this.byProperty = new Map(columns.map((column) => [column.propertyName, column]));
    const selected = columns.filter(({ isSelect, isDeleteDate }) => isSelect && !isDeleteDate);
    this.selected = this.list(selected.map(({ propertyName }) => propertyName));
    this.transformers = columns.flatMap(({ propertyName, transformer }) =>
      transformer && !Array.isArray(transformer) ? [[propertyName, transformer] as const] : [],
    );
  }

  /** The columns of these properties, for SELECT. The table's alias must be `row`. @throws Error for an unknown property */
  list(properties: readonly (keyof Entity & string)[]): string {
    return properties
      .map((property) => {
        const { databaseName, type } = this.columnOf(property);
        // The driver makes a Date of a day, at midnight in the zone of this process.
        return `"row"."${databaseName}"${type === 'date' ? '::text' : ''} AS "${property}"`;
      })
      .join(', ');
  }

  /**
   * Adds the values of these properties to the parameters, converted for storage. Undefined values are left out.
   * @throws Error for an unknown property
   */
  bind(values: Partial<Entity>, parameters: Parameters): BoundValues {
    const transformed: ObjectLiteral = { ...values };
    for (const [property, transformer] of this.transformers) {
      if (property in transformed) transformed[property] = transformer.to(transformed[property]) as unknown;
    }
    const bound = new Map<string, string>();
    for (const [property, value] of Object.entries(transformed) as [string, unknown][]) {
      if (value === undefined) continue;
      const { databaseName, type, isArray } = this.columnOf(property);
      bound.set(`"${databaseName}"`, parameters.add(value, `${String(type)}${isArray ? '[]' : ''}`));
    }
    return bound;
  }

  /** What the audit log calls a column: its name in the API. @param column quoted, as in `BoundValues` */
  auditName(column: string): string {
    return column.replaceAll('"', '').replace(/_encrypted$/, '');
  }

  /**
   * The fields of a row for the audit log, as SQL expressions: those that users set. A column that is not selected is written as `true`,
   * which the log shows as a secret.
   * @param cte whose columns have the names of the properties
   */
  audited(cte: string, values: BoundValues): ReadonlyMap<string, string> {
    return new Map(
      [...this.byProperty]
        .filter(([property]) => !NOT_AUDITED.has(property))
        .map(([property, { databaseName, isSelect }]) => [
          this.auditName(databaseName),
          isSelect ? `${cte}."${property}"` : String(values.has(`"${databaseName}"`)),
        ]),
    );
  }

  /** A row that was stored as JSON under the names of its properties, as the driver would have returned it. */
  revive(json: ObjectLiteral): ObjectLiteral {
    const row = { ...json };
    for (const [property, { type }] of this.byProperty) {
      const value: unknown = row[property];
      if (type === 'timestamptz' && typeof value === 'string') row[property] = new Date(value);
    }
    return row;
  }

  /** Converts stored values with the entity's transformers, in place. */
  hydrate<Row extends Partial<Entity>>(rows: ObjectLiteral[]): Row[] {
    for (const row of rows) {
      for (const [property, transformer] of this.transformers)
        row[property] = transformer.from(row[property]) as unknown;
    }
    return rows as Row[];
  }

  private columnOf(property: string): StoredColumn {
    const column = this.byProperty.get(property);
    if (!column) throw new Error(`the entity has no column for ${property}`); // A value must not be dropped silently.
    return column;
  }
}
