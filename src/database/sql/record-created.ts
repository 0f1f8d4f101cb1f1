import type { EntityManager, EntityMetadata } from 'typeorm';
import type { Actor } from '../../common/actor';
import { insertAuditSql } from './audit-sql';
import { SqlColumns } from './columns';
import type { OrganizationColumn, TableOf } from './living-rows';
import { Parameters } from './parameters';

/** A table whose rows are audited. */
interface AuditedTable {
  readonly metadata: EntityMetadata;
  readonly object: TableOf['object'];
  readonly organization: OrganizationColumn;
}

/**
 * Records the creation of living rows that were inserted by statements of their own. Call it in the transaction that inserts them.
 * @param ids of the rows; all rows of the table if absent
 */
export async function recordCreated(
  manager: EntityManager,
  actor: Actor,
  { metadata, object, organization }: AuditedTable,
  ids: readonly string[] | null = null,
): Promise<void> {
  const columns = new SqlColumns(metadata);
  const parameters = new Parameters();
  const given = parameters.add(ids, 'uuid[]');
  const secrets = metadata.columns.filter(({ isSelect }) => !isSelect);
  const after = columns.audited('created', new Map(secrets.map(({ databaseName }) => [`"${databaseName}"`, ''])));
  const audit = insertAuditSql(
    actor,
    {
      action: `${object}.create`,
      object,
      id: 'created."id"',
      organizationId: `created."${organization === 'id' ? 'id' : 'organizationId'}"`,
      from: 'created',
      changes: { before: new Map(), after },
    },
    parameters,
  );
  await manager.query(
    `WITH created AS (SELECT ${columns.selected} FROM "${metadata.tableName}" AS "row"
                      WHERE deleted_at IS NULL AND (${given} IS NULL OR id = ANY (${given})))
     ${audit}`,
    parameters.values,
  );
}
