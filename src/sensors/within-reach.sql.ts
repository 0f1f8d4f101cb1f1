import type { Reach } from '../common/actor';
import { Selection, withinReach } from '../database/sql/selection';

/** Selects rows of living gateways within reach. @param factoryId keeps only those of gateways of this factory */
export function selectWithin(reach: Reach, factoryId?: string): Selection {
  const selection = new Selection(reach, null, []);
  const { parameters } = selection;
  const conditions = ['deleted_at IS NULL', ...withinReach(reach, 'organization_id', parameters)];
  if (factoryId !== undefined) conditions.push(`factory_id = ${parameters.add(factoryId, 'uuid')}`);
  const ids = `SELECT id FROM gateways WHERE ${conditions.join(' AND ')}`;
  // For a part of the gateways an array, so that PostgreSQL looks up the rows of each: for a join, it would read the whole table.
  return selection.and(conditions.length === 1 ? `gateway_id IN (${ids})` : `gateway_id = ANY (ARRAY(${ids}))`);
}
