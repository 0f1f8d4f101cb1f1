/** Collects the values of a statement; each gets its number when it is added. */
export class Parameters {
  readonly values: unknown[] = [];

  /**
   * @param type type of the column that the value is compared with or stored in, where PostgreSQL would have to guess it
   * @returns the placeholder of the value, such as `$1` or `$2::jsonb`
   */
  add(value: unknown, type?: string): string {
    const number = this.values.push(value);
    return type === undefined ? `$${number}` : `$${number}::${type}`;
  }
}
