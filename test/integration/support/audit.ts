import { AuditRecord } from '../../../src/audit/audit-record.entity';
import { AuditRepository } from '../../../src/audit/audit.repository';
import { FIRST_ID } from '../../../src/audit/id-time';
import { EVERYWHERE } from '../../../src/common/actor';
import type { Store } from './store';

const ALL = 100_000;

export function auditOf({ dataSource }: Store): AuditRepository {
  return new AuditRepository(dataSource.getRepository(AuditRecord));
}

/** The id of the latest record. */
export async function latestRecordId(store: Store): Promise<string> {
  const { items } = await auditOf(store).findPage(EVERYWHERE, { limit: 1 });
  return items[0]?.id ?? FIRST_ID;
}

/** What `act` has recorded, the oldest first. */
export async function recordedBy(store: Store, act: () => Promise<unknown>): Promise<AuditRecord[]> {
  const before = await latestRecordId(store);
  await act();
  return auditOf(store).findBatch(EVERYWHERE, {}, ALL, before);
}
