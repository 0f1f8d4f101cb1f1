import type { ObjectLiteral, Repository } from 'typeorm';
import type { Page, PageRequest } from '../../common/page.dto';
import type { Selection } from './selection';

/**
 * Reads one page of living rows, ordered by name, then id, and how many there are in all: one statement, so that both are of one moment.
 *
 * The rows before the page are passed over in the index, from that end of the list which is nearer; only those of the page are read.
 * The page is joined to the count, which is there also when the page is empty: it then comes with a row of nulls.
 */
export async function findPage<Row extends ObjectLiteral>(
  rows: Repository<ObjectLiteral>,
  columns: { readonly selected: string },
  selection: Selection,
  page: PageRequest,
): Promise<Page<Row>> {
  const table = rows.metadata.tableName;
  const { parameters } = selection;
  const found = selection.in(table);
  const [limit, offset] = [parameters.add(page.limit), parameters.add(page.offset)];
  const read = await rows.query<(Row & { id: string | null; total: number })[]>(
    `WITH found AS ${found}
     SELECT ${columns.selected}, total::int FROM (SELECT count(*) AS total FROM found) AS counted
     LEFT JOIN "${table}" AS "row" ON "row".id = ANY (
       CASE WHEN ${offset} <= total / 2
       THEN ARRAY(SELECT id FROM found ORDER BY name, id LIMIT ${limit} OFFSET ${offset})
       ELSE ARRAY(SELECT id FROM found ORDER BY name DESC, id DESC
                  LIMIT GREATEST(0, LEAST(${limit}, total - ${offset})) OFFSET GREATEST(0, total - ${offset} - ${limit}))
       END)
     ORDER BY "row".name, "row".id`,
    parameters.values,
  );
  const isEmpty = read[0]?.id === null;
  return { items: isEmpty ? [] : read.map(withoutTotal), total: read[0]?.total ?? 0 };
}

function withoutTotal<Row>(read: Row & { total: number }): Row {
  const { total, ...row } = read; // eslint-disable-line @typescript-eslint/no-unused-vars -- It is left out.
  return row as Row;
}
