const CONNECTION_COLUMNS = ['"url"', '"email"', '"password_encrypted"', '"tls"'];

/**
 * Extra SQL assignments for an update. If a value of the connection really changes, they increment `connection_version` and reset the
 * login budget. Empty if the update sets no such value.
 * @param values the new values as SQL expressions, by column
 */
export function whenConnectionIsNew(values: ReadonlyMap<string, string>): string[] {
  const differences = CONNECTION_COLUMNS.flatMap((column) => {
    const value = values.get(column);
    return value === undefined ? [] : [`"row".${column} IS DISTINCT FROM ${value}`];
  });
  if (differences.length === 0) return [];
  const isNew = `(${differences.join(' OR ')})`;
  return [
    `connection_version = connection_version + CASE WHEN ${isNew} THEN 1 ELSE 0 END`,
    `login_accepted = login_accepted AND NOT ${isNew}`,
    `login_refusals = CASE WHEN ${isNew} THEN 0 ELSE login_refusals END`,
    `next_login_at = CASE WHEN ${isNew} THEN NULL ELSE next_login_at END`,
  ];
}
