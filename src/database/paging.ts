import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';

/** Runs a query for one page of rows, ordered by name, then id. The query's alias must be `row`. */
export async function findPage<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  { limit, offset }: PageRequest,
): Promise<Page<Row>> {
  const [items, total] = await query
    .orderBy('row.name')
    .addOrderBy('row.id')
    .limit(limit)
    .offset(offset)
    .getManyAndCount();
  return { items, total };
}

/**
 * A condition that holds when one of the columns contains `:pattern`, in any case.
 * Names are stored in byte order, which knows the two cases of ASCII only: the database's own collation knows them all.
 */
export function containsPattern(...columns: string[]): string {
  return `(${columns.map((column) => `${column} COLLATE "default" ILIKE :pattern`).join(' OR ')})`;
}

/** The LIKE pattern for texts that contain `text` to the letter. */
export function toPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
