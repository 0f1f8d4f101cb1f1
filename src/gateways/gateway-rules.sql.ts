import { lockParentSql } from '../database/sql/living-rows';

/** SQL expressions (a placeholder or a column) for the new values of a gateway. */
export interface Wanted {
  readonly url: string;
  readonly email: string;
}

/**
 * SQL: whether a living gateway of the organization has this URL and e-mail. Concurrent requests for the same ones run
 * one after the other, so the second sees the gateway of the first.
 * @param organizationId SQL expression
 * @param ownId SQL expression: an existing gateway is no duplicate of itself
 */
export function isUrlTaken({ url, email }: Wanted, organizationId: string, ownId = 'NULL'): string {
  return `is_gateway_url_taken(${organizationId}, ${url}, ${email}, ${ownId})`;
}

/** SQL: whether TLS settings that verify a certificate are combined with a URL without TLS. */
export function needsWss(url: string, tls: string): string {
  return `COALESCE(${url} ~* '^ws:' AND ${tls} ?| ARRAY['ca', 'fingerprint256'], false)`;
}

/**
 * SQL: selects the row to change as `verdict`, with the result of each rule. Unchanged values are not checked, so a row that predates a
 * rule can still be saved.
 * @param key placeholder of the id
 * @param values new values by column
 * @param expectedState placeholder of the desired state that the row must have; undefined if it is not checked
 */
export function verdictOnChange(
  key: string,
  values: ReadonlyMap<string, string>,
  { refuseDuplicates, expectedState }: { readonly refuseDuplicates: boolean; readonly expectedState?: string },
): string {
  const url = values.get('"url"') ?? 'before.url';
  const email = values.get('"email"') ?? 'before.email';
  const tls = values.get('"tls"') ?? 'before.tls';
  const factoryId = values.get('"factory_id"');
  const isMoved = `(before.url, lower(before.email)) IS DISTINCT FROM (${url}, lower(${email}))`;
  const isNew = `(before.url, before.tls) IS DISTINCT FROM (${url}, ${tls})`;
  const isTaken = isUrlTaken({ url, email }, 'before.organization_id', 'before.id');
  const judgesUrl = refuseDuplicates && (values.has('"url"') || values.has('"email"'));
  // Locks the factory before the gateway, as every other write does: parent before child.
  return `WITH factory AS (${lockParentSql('factories', factoryId ?? 'NULL', 'organization_id')}),
      before AS (SELECT id, url, email, tls, factory_id, organization_id, desired_state,
                    (SELECT organization_id FROM factory) AS new_organization_id
                  FROM gateways WHERE id = ${key} AND deleted_at IS NULL FOR NO KEY UPDATE OF gateways),
      verdict AS (SELECT id, ${isNew} AND ${needsWss(url, tls)} AS "needsWss",
                    ${judgesUrl ? `CASE WHEN ${isMoved} THEN ${isTaken} ELSE false END` : 'false'} AS "isUrlTaken",
                    ${factoryId === undefined ? 'NULL' : factoryProblem(factoryId)} AS "factoryProblem",
                    ${expectedState === undefined ? 'false' : `desired_state <> ${expectedState}`} AS "isOtherState",
                    json_build_object('url', url, 'email', email, 'tls', tls) AS before FROM before)`;
}

/** SQL: why the gateway cannot move to this factory; null if it can, or is there already. */
function factoryProblem(factoryId: string): string {
  return `CASE WHEN factory_id = ${factoryId} THEN NULL WHEN new_organization_id IS NULL THEN 'unknown'
               WHEN new_organization_id <> organization_id THEN 'foreign' END`;
}

/** SQL: whether every rule of a `verdict` allows the change. */
export const IS_ALLOWED = `NOT "isUrlTaken" AND NOT "needsWss" AND "factoryProblem" IS NULL AND NOT "isOtherState"`;
