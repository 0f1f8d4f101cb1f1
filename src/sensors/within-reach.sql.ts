import { EVERYWHERE } from '../common/actor';
import type { Reach } from '../common/actor';
import { Selection, withinReach } from '../database/sql/selection';

/** Selects rows of living gateways within reach. @param factoryId keeps only those of gateways of this factory */
export function selectWithin(reach: Reach, factoryId?: string): Selection {
  const selection = new Selection(EVERYWHERE, 'organization_id', []);
  const { parameters } = selection;
  const conditions = ['deleted_at IS NULL', ...withinReach(reach, 'organization_id', parameters)];
  if (factoryId === undefined) return selection.and(`gateway_id IN (${selectIds(conditions)})`);
  conditions.push(`factory_id = ${parameters.add(factoryId, 'uuid')}`);
  // An array, so that PostgreSQL looks the rows of each gateway up. For a join with a large factory, it would read the whole table.
  return selection.and(`gateway_id = ANY (ARRAY(${selectIds(conditions)}))`);
}

function selectIds(conditions: readonly string[]): string {
  return `SELECT id FROM gateways WHERE ${conditions.join(' AND ')}`;
}
