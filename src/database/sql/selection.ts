import { Parameters } from './parameters';

/** Which rows a list is made of: conditions that must all hold, and the parameters they use. */
export class Selection {
  readonly parameters = new Parameters();
  private readonly conditions = ['deleted_at IS NULL'];
  private searches = false;

  /** Only rows with this value, if there is one. */
  where(column: string, value: string | undefined): this {
    if (value !== undefined) this.conditions.push(`${column} = ${this.parameters.add(value)}`);
    return this;
  }

  /**
   * Only rows with one of these columns containing the text, if there is one, in any case. Names are stored in byte order, which knows
   * the two cases of ASCII only: the database's own collation knows them all.
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
    return this.conditions.join(' AND ');
  }

  /** Whether every row has to be looked at. */
  get isSearch(): boolean {
    return this.searches;
  }
}

/** The LIKE pattern for texts that contain `text` to the letter. */
function toPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
