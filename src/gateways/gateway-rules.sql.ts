import type { Reach } from '../common/actor';
import { lockParentSql } from '../database/sql/living-rows';
import type { Parameters } from '../database/sql/parameters';

/** The parents of gateways. */
export const FACTORIES = { table: 'factories', organization: 'organization_id' } as const;

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
 * SQL: whether the networks of an organization exclude an address.
 * @param address SQL expression of type inet, null for a host name, which is checked when it is dialled
 * @param organizationId SQL expression
 */
export function isOutside(address: string, organizationId: string): string {
  return `EXISTS (SELECT FROM organizations
    WHERE organizations.id = ${organizationId} AND NOT ${address} <<= ANY (gateway_networks))`;
}

/** A change that is subject to rules, as SQL. */
interface ChangeSql {
  /** Which row to change. */
  readonly condition: string;
  /** Further columns of `before`, which the audit reads. */
  readonly before: string;
  /** New values by column. */
  readonly values: ReadonlyMap<string, string>;
  /** SQL expression of type inet: the new address; null for a host name, and if the URL stays. */
  readonly address: string;
  readonly refuseDuplicates: boolean;
  /** Placeholder of the desired state that the row must have; undefined if it is not checked. */
  readonly expectedState: string | undefined;
}

/**
 * SQL: the beginning of a statement, which selects the row to change as `before`, and the result of each rule as `verdict`. Unchanged
 * values are not checked, so a row that predates a rule can still be saved.
 */
export function verdictOnChange(reach: Reach, parameters: Parameters, change: ChangeSql): string {
  const { condition, values, address, refuseDuplicates, expectedState } = change;
  const url = values.get('"url"') ?? 'before.url';
  const email = values.get('"email"') ?? 'before.email';
  const tls = values.get('"tls"') ?? 'before.tls';
  const factoryId = values.get('"factory_id"');
  const factory = lockParentSql(reach, FACTORIES, factoryId ?? 'NULL', parameters, 'organization_id');
  const isMoved = `(before.url, lower(before.email)) IS DISTINCT FROM (${url}, lower(${email}))`;
  const isNew = `(before.url, before.tls) IS DISTINCT FROM (${url}, ${tls})`;
  const isTaken = isUrlTaken({ url, email }, 'before.organization_id', 'before.old_id');
  const judgesUrl = refuseDuplicates && (values.has('"url"') || values.has('"email"'));
  const isRefused = `before.url IS DISTINCT FROM ${url} AND ${isOutside(address, 'before.organization_id')}`;
  // Locks the factory before the gateway, as every other write does: parent before child.
  return `WITH factory AS (${factory}),
      before AS (SELECT ${change.before}, url, email, tls, factory_id, organization_id, desired_state,
                    (SELECT organization_id FROM factory) AS new_organization_id
                  FROM gateways WHERE ${condition} FOR NO KEY UPDATE OF gateways),
      verdict AS (SELECT old_id, ${isNew} AND ${needsWss(url, tls)} AS "needsWss",
                    ${values.has('"url"') ? isRefused : 'false'} AS "isOutside",
                    ${judgesUrl ? `CASE WHEN ${isMoved} THEN ${isTaken} ELSE false END` : 'false'} AS "isUrlTaken",
                    ${factoryId === undefined ? 'NULL' : factoryProblem(factoryId)} AS "factoryProblem",
                    ${expectedState === undefined ? 'false' : `desired_state <> ${expectedState}`} AS "isOtherState"
                  FROM before)`;
}

/** SQL: why the gateway cannot move to this factory; null if it can, or is there already. */
function factoryProblem(factoryId: string): string {
  return `CASE WHEN factory_id = ${factoryId} THEN NULL WHEN new_organization_id IS NULL THEN 'unknown'
               WHEN new_organization_id <> organization_id THEN 'foreign' END`;
}

/** SQL: whether every rule of a `verdict` allows the change. */
export const IS_ALLOWED = `NOT "isUrlTaken" AND NOT "isOutside" AND NOT "needsWss" AND "factoryProblem" IS NULL AND NOT "isOtherState"`;
