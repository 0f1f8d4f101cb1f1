import type { AuditRecord } from '../../../src/audit/audit-record.entity';

type Row = Record<string, unknown>;

/** Living rows by type and id. */
export type Replayed = Readonly<Record<'organization' | 'factory' | 'gateway', Map<string, Row>>>;

/** Fields that the log does not show. */
const HIDDEN = ['password', 'metadata'];

/** Columns that are null unless the log says otherwise. */
const NULLABLE: Readonly<Record<keyof Replayed, readonly string[]>> = {
  organization: [],
  factory: ['location'],
  gateway: ['tls', 'model', 'firmware_version', 'clock_zone'],
};

/**
 * Builds the tables from the records alone.
 * @throws Error if a record contradicts the ones before it
 */
export function replay(records: readonly AuditRecord[]): Replayed {
  const tables: Replayed = { organization: new Map(), factory: new Map(), gateway: new Map() };
  for (const record of records) apply(tables, record);
  return tables;
}

function apply(tables: Replayed, { action, objectType, objectId, changes, organizationId }: AuditRecord): void {
  const type = objectType as keyof Replayed;
  const id = objectId ?? '';
  const table = tables[type];
  const row = table.get(id);
  if (action.endsWith('.create') === (row !== undefined)) throw new Error(`${action} of ${id}: another state expected`);
  if (action.endsWith('.delete')) return void table.delete(id);

  const next = row ?? Object.fromEntries(NULLABLE[type].map((field) => [field, null]));
  for (const [field, [old, value]] of Object.entries(changes ?? {})) {
    if (HIDDEN.includes(field)) continue;
    const present = JSON.stringify(next[field] ?? null);
    if (present !== JSON.stringify(old)) throw new Error(`${action} of ${id}: ${field} was ${present}`);
    next[field] = value;
  }
  const owner = type === 'organization' ? id : next['organization_id'];
  if (owner !== organizationId) throw new Error(`${action} of ${id} belongs to another organization`);
  table.set(id, next);
}
