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
