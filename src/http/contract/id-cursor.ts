import { z } from 'zod';

/** The query parameter of a list whose rows are in the order of their ids. */
export const idCursor = z
  .string()
  .refine((text) => isCursor(text), 'must be a next_cursor of this list')
  .optional()
  .meta({ description: '`next_cursor` of the previous page; omit it for the first page' });

/** The position in such a list, newest first. */
export const cursorPagination = z
  .object({
    next_cursor: z.string().nullable().meta({ description: 'Cursor of the next, older page; null on the last page' }),
    limit: z.int().meta({ example: 20 }),
  })
  .meta({ id: 'CursorPagination' });

/** @param last the last row of the page; undefined if there are no older ones */
export function toCursorPagination(
  last: { readonly id: string } | undefined,
  limit: number,
): z.output<typeof cursorPagination> {
  return { next_cursor: last ? toCursor(last.id) : null, limit };
}

/** The id in a cursor that was validated. */
export function idInCursor(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A cursor is the id of the last row of a page, encoded so that clients treat it as opaque. */
function toCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function isCursor(text: string): boolean {
  return Buffer.from(text, 'base64url').length === 16 && toCursor(idInCursor(text)) === text; // Node skips characters that are not base64url.
}
