import type { ObjectLiteral, Repository } from 'typeorm';
import type { Page, PageRequest } from '../common/page.dto';
import { Parameters } from './sql-columns';
import type { SqlColumns } from './sql-columns';

/** Which rows a list is made of: conditions that must all hold, and the parameters they use. */
export class Selection {
  readonly parameters = new Parameters();
  private readonly conditions = ['deleted_at IS NULL'];
  private isSearch = false;

  /** Only rows with this value, if there is one. */
  where(column: string, value: string | undefined): this {
    if (value !== undefined) this.conditions.push(`${column} = ${this.parameters.add(value)}`);
    return this;
  }

  /**
   * Only rows with one of these columns containing the text, if there is one, in any case. Names are stored in byte order, which knows
   * the two cases of ASCII only: the database's own collation knows them all.
   */
  whereContains(columns: readonly string[], text: string | undefined): this {
    if (text === undefined) return this;
    const pattern = this.parameters.add(toPattern(text));
    this.conditions.push(`(${columns.map((column) => `${column} COLLATE "default" ILIKE ${pattern}`).join(' OR ')})`);
    this.isSearch = true;
    return this;
  }

  /** What finds them. A search looks at every row, and so is made once, for the page and the count together. */
  in(table: string): string {
    const materialized = this.isSearch ? 'MATERIALIZED' : 'NOT MATERIALIZED';
    return `${materialized} (SELECT id, name FROM "${table}" WHERE ${this.conditions.join(' AND ')})`;
  }
}

/**
 * Reads one page of living rows, ordered by name, then id, and how many there are in all: one statement, so that both are of one moment.
 *
 * The rows before the page are passed over in the index, from that end of the list which is nearer; only those of the page are read.
 * The page is joined to the count, which is there also when the page is empty: it then comes with a row of nulls.
 */
export async function findPage<Row extends ObjectLiteral>(
  rows: Repository<ObjectLiteral>,
  columns: SqlColumns<Row>,
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

/** The LIKE pattern for texts that contain `text` to the letter. */
function toPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
