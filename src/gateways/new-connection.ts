const CONNECTION_COLUMNS = ['"url"', '"email"', '"password_encrypted"', '"tls"'];

/**
 * What is to be set besides, if the new values make another connection of a gateway, for which the login budget begins anew. Equal
 * values are no change.
 * @param values what is to be set, by column
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
