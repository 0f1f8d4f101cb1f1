import type { Reach } from '../../common/actor';
import { Parameters } from './parameters';

/** SQL: the condition that keeps the rows within reach; none if that is everything. @param column with the organization of a row */
export function withinReach({ organizationId }: Reach, column: string, parameters: Parameters): string[] {
  return organizationId === null ? [] : [`${column} = ${parameters.add(organizationId, 'uuid')}`];
}

/** Selects the rows of a list: conditions that must all hold, and the parameters they use. */
export class Selection {
  readonly parameters = new Parameters();
  private searches = false;

  /**
   * @param organization the column with the organization of a row; null if the caller adds a condition that keeps the rows within reach
   * @param conditions those of every row of the table that lists may show
   */
  constructor(
    reach: Reach,
    organization: 'id' | 'organization_id' | null,
    private readonly conditions: string[] = ['deleted_at IS NULL'],
  ) {
    if (organization !== null) this.conditions.push(...withinReach(reach, organization, this.parameters));
  }

  /** Keeps only rows with this value; keeps all if it is undefined. */
  where(column: string, value: string | undefined): this {
    if (value !== undefined) this.conditions.push(`${column} = ${this.parameters.add(value)}`);
    return this;
  }

  /** Keeps only rows with one of these ids; keeps all if they are undefined. */
  whereIdIn(ids: readonly string[] | undefined): this {
    if (ids !== undefined) this.conditions.push(`id = ANY (${this.parameters.add(ids, 'uuid[]')})`);
    return this;
  }

  /** Keeps only rows for which an SQL condition without parameters holds; keeps all if it is undefined. */
  and(condition: string | undefined): this {
    if (condition !== undefined) this.conditions.push(condition);
    return this;
  }

  /**
   * Keeps only rows in which one of these columns contains the text, ignoring case; keeps all if it is undefined. The byte-order collation
   * of names knows upper and lower case only for ASCII, so the comparison uses the database's own collation.
   */
  whereContains(columns: readonly string[], text: string | undefined): this {
    if (text === undefined) return this;
    const pattern = this.parameters.add(toPattern(text));
    this.conditions.push(`(${columns.map((column) => `${column} COLLATE "default" ILIKE ${pattern}`).join(' OR ')})`);
    this.searches = true;
    return this;
  }

  /** For WHERE. */
  get condition(): string {
    return this.conditions.length === 0 ? 'true' : this.conditions.join(' AND ');
  }

  /** Whether every row has to be examined. */
  get isSearch(): boolean {
    return this.searches;
  }
}

/** The LIKE pattern for texts that contain `text` literally. */
function toPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
