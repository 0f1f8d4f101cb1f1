const CONNECTION_COLUMNS = ['"url"', '"email"', '"password_encrypted"', '"tls"'];

/**
 * Extra SQL assignments for an update. If a value of the connection really changes, they increment `connection_version`. Empty if the update sets no such value.
 * @param values the new values as SQL expressions, by column
 */
export function whenConnectionIsNew(values: ReadonlyMap<string, string>): string[] {
  const differences = CONNECTION_COLUMNS.flatMap((column) => {
    const value = values.get(column);
    return value === undefined ? [] : [`"row".${column} IS DISTINCT FROM ${value}`];
  });
  if (differences.length === 0) return [];
  return [`connection_version = connection_version + CASE WHEN ${differences.join(' OR ')} THEN 1 ELSE 0 END`];
}
