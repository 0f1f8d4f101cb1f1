import type { Actor } from '../../common/actor';
import type { AuditAction, AuditObject } from '../../common/audit-actions';
import type { Parameters } from './parameters';

/** SQL expressions for a row of the audit log. */
export interface AuditRow {
  readonly action: AuditAction;
  readonly object: AuditObject;
  /** The id of the object. */
  readonly id: string;
  readonly organizationId: string;
  /** Where the expressions come from, for FROM. A row is written for each of its rows. */
  readonly from: string;
  /** The fields before and after the change, by column. If both are given and nothing differs, no row is written. */
  readonly changes?: { readonly before: FieldsSql; readonly after: FieldsSql };
  /** Write a row even if nothing differs: for what is created, and for orders, which are acts in themselves. */
  readonly always?: boolean;
}

/** SQL expressions by the name of the field in the API. */
export type FieldsSql = ReadonlyMap<string, string>;

/** SQL: inserts rows into the audit log, as a part of the statement that makes the change, so that there is no change without its row. */
export function insertAuditSql(actor: Actor, row: AuditRow, parameters: Parameters): string {
  const { changes, always = changes === undefined } = row;
  const diff = changes ? `audit_changes(${objectSql(changes.before)}, ${objectSql(changes.after)})` : 'NULL::jsonb';
  const { origin } = actor;
  const values = [
    ...[parameters.add(actor.kind, 'text'), parameters.add(actor.id, 'text'), parameters.add(actor.name, 'text')],
    ...[row.organizationId, `'${row.action}'`, `'${row.object}'`, row.id, 'diff.changes'],
    ...[parameters.add(origin?.requestId ?? null, 'text'), parameters.add(origin?.address ?? null, 'inet')],
    parameters.add(origin?.userAgent ?? null, 'varchar'),
  ];
  // Without OFFSET 0, PostgreSQL would compute the difference twice: for the condition and for the row.
  const condition = always ? ') AS diff' : 'OFFSET 0) AS diff WHERE diff.changes IS NOT NULL';
  return `INSERT INTO audit_log (actor_kind, actor_id, actor_name, organization_id, action, object_type, object_id, changes,
      request_id, address, user_agent)
    SELECT ${values.join(', ')} FROM ${row.from} CROSS JOIN LATERAL (SELECT ${diff} AS changes ${condition}`;
}

function objectSql(fields: FieldsSql): string {
  return `jsonb_build_object(${Array.from(fields, ([name, value]) => `'${name}', ${value}`).join(', ')})`;
}
