import { parseSort } from '../../common/sort';
import type { Sort } from '../../common/sort';
import type { ListPosition } from '../../common/page';
import { NATURAL_COLLATION } from '../base.entity';
import type { Parameters } from './parameters';

interface Key {
  readonly column: string;
  readonly property: 'name' | 'createdAt' | 'updatedAt' | 'serial';
  readonly collation?: string;
  /** What a position holds, if not text. */
  readonly type?: 'time' | 'number';
}

const KEYS: Record<ReturnType<typeof parseSort<Sort>>['key'], Key> = {
  name: { column: 'name', property: 'name' },
  name_ci: { column: 'name', property: 'name', collation: NATURAL_COLLATION },
  created_at: { column: 'created_at', property: 'createdAt', type: 'time' },
  updated_at: { column: 'updated_at', property: 'updatedAt', type: 'time' },
  serial: { column: 'serial', property: 'serial', type: 'number' },
};

/** The order of a list in SQL. Ids break ties, so the order is total and a page can continue after a row. */
export class Order {
  readonly column: string;
  private readonly property: string;
  private readonly collate: string;
  private readonly type: Key['type'];
  private readonly isDescending: boolean;

  constructor(sort: Sort) {
    const { key, isDescending } = parseSort(sort);
    const { column, property, collation, type } = KEYS[key];
    this.column = column;
    this.property = `"${property}"`;
    this.collate = collation === undefined ? '' : ` COLLATE "${collation}"`;
    this.type = type;
    this.isDescending = isDescending;
  }

  /**
   * The column that a position needs besides the row, for SELECT: the time in microseconds, which `Date` does not hold, or the number as
   * text. Empty for names.
   * The table's alias must be `row`.
   */
  get selectedKey(): string {
    if (this.type === 'number') return `, "row".${this.column}::text AS "sortKey"`;
    return this.type === 'time'
      ? `, (EXTRACT(EPOCH FROM "row".${this.column}) * 1000000)::bigint::text AS "sortKey"`
      : '';
  }

  /** For ORDER BY. @param alias of the table, with a dot */
  by(alias = ''): string {
    return this.inDirection(alias, this.column, this.isDescending);
  }

  /** The reverse order, for ORDER BY. */
  reversed(): string {
    return this.inDirection('', this.column, !this.isDescending);
  }

  /** The same as `by`, for rows that were selected under the names of their properties. */
  byProperty(alias: string): string {
    return this.inDirection(alias, this.property, this.isDescending);
  }

  /** The condition for the rows that follow a position; an index on the key and the id finds the first of them. */
  follows({ key, id }: ListPosition, parameters: Parameters): string {
    const value = this.valueOf(key, parameters);
    const operator = this.isDescending ? '<' : '>';
    return `(${this.column}${this.collate}, id) ${operator} (${value}, ${parameters.add(id, 'uuid')})`;
  }

  private valueOf(key: string, parameters: Parameters): string {
    if (this.type === 'number') return parameters.add(key, 'bigint');
    return this.type === 'time'
      ? `'epoch'::timestamptz + ${parameters.add(key, 'bigint')} * interval '1 microsecond'`
      : parameters.add(key, 'varchar');
  }

  private inDirection(alias: string, name: string, isDescending: boolean): string {
    const direction = isDescending ? ' DESC' : '';
    return `${alias}${name}${this.collate}${direction}, ${alias}id${direction}`;
  }
}
