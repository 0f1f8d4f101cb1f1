/** The last row of a page, the number of rows up to it, and the total number of rows. */
export interface Cursor {
  readonly name: string;
  readonly id: string;
  readonly offset: number;
  readonly total: number;
}

interface Named {
  readonly name: string;
  readonly id: string;
}

/** The answer to a list request: a page, and the cursor of the next one. */
export function pageOfRows(data: readonly Named[], limit: number, offset: number, total: number): object {
  const last = data.at(-1);
  const end = offset + data.length;
  const hasNext = end < total;
  const next_cursor = last && hasNext ? encode({ name: last.name, id: last.id, offset: end, total }) : null;
  return { data, pagination: { total, limit, offset, hasNext, hasPrev: offset > 0, next_cursor } };
}

export function decode(cursor: string): Cursor {
  return JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Cursor;
}

function encode(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}
