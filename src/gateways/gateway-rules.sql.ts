/** SQL expressions (a placeholder or a column) for the new values of a gateway. */
export interface Wanted {
  readonly url: string;
  readonly email: string;
}

/**
 * SQL: whether a concurrent request is writing a gateway with this URL and e-mail. Takes an advisory lock that excludes others until
 * the transaction ends. A statement does not see rows committed after it began, so two requests within the same instant can still both
 * succeed. A unique index would prevent that, but it cannot span factories or permit intended duplicates.
 */
export function isInUse({ url, email }: Wanted): string {
  return `NOT pg_try_advisory_xact_lock(hashtextextended(${url} || ' ' || lower(${email}), 0))`;
}

/**
 * SQL: whether a living gateway of the organization has this URL and e-mail.
 * @param source relation with `organization_id` and, for an existing gateway, `id`
 */
export function isDuplicate({ url, email }: Wanted, source: 'factory' | 'before'): string {
  return `EXISTS (SELECT FROM gateways other JOIN factories theirs ON theirs.id = other.factory_id
    WHERE other.deleted_at IS NULL AND other.url = ${url} AND lower(other.email) = lower(${email})
      AND theirs.organization_id = ${source}.organization_id${source === 'before' ? ' AND other.id <> before.id' : ''})`;
}

/** SQL: whether TLS settings that verify a certificate are combined with a URL without TLS. */
export function needsWss(url: string, tls: string): string {
  return `COALESCE(${url} ~* '^ws:' AND ${tls} ?| ARRAY['ca', 'fingerprint256'], false)`;
}

/** Columns that a stored password is bound to. A change to them is checked before it is made. */
export const BOUND_COLUMNS = ['"url"', '"email"', '"tls"'] as const;

/**
 * SQL: selects the row to change as `verdict`, with the result of each rule. Unchanged values are not checked, so a row that predates a
 * rule can still be saved.
 * @param key placeholder of the id
 * @param values new values by column
 */
export function verdictOnChange(key: string, values: ReadonlyMap<string, string>, refuseDuplicates: boolean): string {
  const url = values.get('"url"') ?? 'before.url';
  const email = values.get('"email"') ?? 'before.email';
  const tls = values.get('"tls"') ?? 'before.tls';
  const isMoved = `(before.url, lower(before.email)) IS DISTINCT FROM (${url}, lower(${email}))`;
  const isNew = `(before.url, before.tls) IS DISTINCT FROM (${url}, ${tls})`;
  const judgesUrl = refuseDuplicates && (values.has('"url"') || values.has('"email"'));
  return `WITH before AS (SELECT id, url, email, tls,
                    (SELECT organization_id FROM factories WHERE factories.id = factory_id) AS organization_id
                  FROM gateways WHERE id = ${key} AND deleted_at IS NULL FOR NO KEY UPDATE OF gateways),
      verdict AS (SELECT id, ${isNew} AND ${needsWss(url, tls)} AS "needsWss",
                    ${judgesUrl ? `CASE WHEN ${isMoved} THEN ${isInUse({ url, email })} ELSE false END` : 'false'} AS "isInUse",
                    ${judgesUrl ? `${isMoved} AND ${isDuplicate({ url, email }, 'before')}` : 'false'} AS "isDuplicate",
                    json_build_object('url', url, 'email', email, 'tls', tls) AS before FROM before)`;
}
