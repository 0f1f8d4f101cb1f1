/** SQL for the URL and e-mail, and the TLS settings, that a gateway is to have: a placeholder or a column. */
export interface Wanted {
  readonly url: string;
  readonly email: string;
}

/**
 * SQL: whether another request is just writing a gateway with this URL and e-mail. Keeps others away until the transaction ends.
 * A statement does not see what was committed after it began, so one that began in the instant before the other commits is not
 * kept away; a unique index could, but not across factories, nor beside duplicates that are wanted.
 */
export function isInUse({ url, email }: Wanted): string {
  return `NOT pg_try_advisory_xact_lock(hashtextextended(${url} || ' ' || lower(${email}), 0))`;
}

/**
 * SQL: whether a living gateway of the organization has this URL and e-mail.
 * @param source what has the `organization_id`, and the `id` of the gateway itself unless it is new
 */
export function isDuplicate({ url, email }: Wanted, source: 'factory' | 'before'): string {
  return `EXISTS (SELECT FROM gateways other JOIN factories theirs ON theirs.id = other.factory_id
    WHERE other.deleted_at IS NULL AND other.url = ${url} AND lower(other.email) = lower(${email})
      AND theirs.organization_id = ${source}.organization_id${source === 'before' ? ' AND other.id <> before.id' : ''})`;
}

/** SQL: whether TLS settings that verify a certificate stand beside a URL without TLS. */
export function needsWss(url: string, tls: string): string {
  return `COALESCE(${url} ~* '^ws:' AND ${tls} ?| ARRAY['ca', 'fingerprint256'], false)`;
}

/** What a stored password is bound to: a change of these is judged before it is made. */
export const BOUND_COLUMNS = ['"url"', '"email"', '"tls"'] as const;

/**
 * SQL: holds the row to be changed as `verdict`, with what the rules say of the change. Equal values are no change: a row of a time
 * before a rule can be saved again.
 * @param key what stands for the id
 * @param values what is to be set, by column
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
