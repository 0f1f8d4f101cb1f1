import type { EntityMetadata, ObjectLiteral, ValueTransformer } from 'typeorm';

/** The values of a statement that is being written; each gets its number when it is used. */
export class Parameters {
  readonly values: unknown[] = [];

  /**
   * @param type of the column it is compared with or stored in, where PostgreSQL would have to guess it
   * @returns what stands for the value in the SQL, such as `$1` or `$2::jsonb`
   */
  add(value: unknown, type?: string): string {
    const number = this.values.push(value);
    return type === undefined ? `$${number}` : `$${number}::${type}`;
  }
}

/** A column and the value to write to it. */
export interface Assignment {
  readonly column: string;
  readonly type: string;
  readonly value: unknown;
}

/**
 * What hand-written SQL needs of an entity: its columns by their names in the table, read under the names of its properties. A row
 * then is what the driver makes of it, and is not built a second time.
 */
export class SqlColumns<Entity extends ObjectLiteral> {
  /** What an ordinary read gives, for SELECT and RETURNING. The alias of the table must be `row`. */
  readonly selected: string;
  private readonly byProperty: ReadonlyMap<string, { databaseName: string; type: unknown }>;
  private readonly transformers: readonly (readonly [property: string, transformer: ValueTransformer])[];

  constructor({ columns }: EntityMetadata) {
    this.byProperty = new Map(columns.map((column) => [column.propertyName, column]));
    this.selected = this.list(columns.filter(({ isSelect }) => isSelect).map(({ propertyName }) => propertyName));
    this.transformers = columns.flatMap(({ propertyName, transformer }) =>
      transformer && !Array.isArray(transformer) ? [[propertyName, transformer] as const] : [],
    );
  }

  /** The columns of these properties, for SELECT. The alias of the table must be `row`. @throws Error for what is no property */
  list(properties: readonly (keyof Entity & string)[]): string {
    return properties.map((property) => `"row"."${this.columnOf(property).databaseName}" AS "${property}"`).join(', ');
  }

  /**
   * What to write for these properties; those that are undefined are left out.
   * @throws Error for a property that is none of the entity's
   */
  assignments(values: Partial<Entity>): Assignment[] {
    const transformed: ObjectLiteral = { ...values };
    for (const [property, transformer] of this.transformers) {
      if (property in transformed) transformed[property] = transformer.to(transformed[property]) as unknown;
    }
    return Object.entries(transformed).flatMap(([property, value]: [string, unknown]) => {
      if (value === undefined) return [];
      const column = this.columnOf(property);
      return [{ column: `"${column.databaseName}"`, type: String(column.type), value }];
    });
  }

  /** Makes of rows what the entity says of their columns. */
  hydrate<Row extends Partial<Entity>>(rows: ObjectLiteral[]): Row[] {
    for (const row of rows) {
      for (const [property, transformer] of this.transformers)
        row[property] = transformer.from(row[property]) as unknown;
    }
    return rows as Row[];
  }

  private columnOf(property: string): { databaseName: string; type: unknown } {
    const column = this.byProperty.get(property);
    if (!column) throw new Error(`the entity has no column for ${property}`); // Rather than to lose what was to be stored.
    return column;
  }
}
