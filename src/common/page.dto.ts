import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor';
import type { ListIdentity } from './cursor';
import { optionalQueryInteger, queryInteger } from './fields';
import { NAME_SORTS, SORTS } from './sort';
import type { Sort } from './sort';
import { RequestInvalidError } from './validation';

const MAX_OFFSET = 2_147_483_647;
const TIME_KEY = /^-?\d{1,16}$/;

/** The query of every list. */
export const pageQuery = {
  limit: queryInteger(1, 100, 20).meta({ description: 'Maximum number of items to return' }),
  offset: optionalQueryInteger(0, MAX_OFFSET).meta({
    description: 'Number of items to skip, 0 by default; not together with `cursor`',
  }),
  cursor: z
    .string()
    .optional()
    .meta({
      description:
        'The `next_cursor` of the page before: returns the items that follow it, at the same cost for every page. ' +
        'Valid only with the same sort and filters',
    }),
};

const aboutSort = {
  description:
    'Order of the items; `-` means descending. `name` is in byte order, `name_ci` is natural and ignores case: gw-2, GW-10',
};

/** The query of a list of names. */
export const namePageQuery = { ...pageQuery, sort: z.enum(NAME_SORTS).prefault('name').meta(aboutSort) };

/** The query of a list of stored rows. */
export const sortedPageQuery = { ...pageQuery, sort: z.enum(SORTS).prefault('name').meta(aboutSort) };

/** A row's place in a sorted list. */
export interface ListPosition {
  /** The value that the list is sorted by: a name, or a time in microseconds since 1970. */
  readonly key: string;
  readonly id: string;
}

/** The page of a list to return: the rows from `offset` on, or those that follow `after`. */
export interface PageRequest<S extends Sort = Sort> {
  readonly limit: number;
  /** With `after`: the number of rows before the page, as the cursor says; nothing is skipped. */
  readonly offset: number;
  /** By name if absent. */
  readonly sort?: S;
  readonly after?: ListPosition & { readonly total: number };
}

/** A page request that knows which list it is for. */
export interface ListRequest<S extends Sort = Sort> extends PageRequest<S> {
  readonly list: ListIdentity;
}

/** One page of a list, and the length of the whole list: when the walk began, if it was continued from a cursor. */
export interface Page<Item> {
  readonly items: Item[];
  readonly total: number;
  /** The position of the last item, if more follow. */
  readonly next?: ListPosition;
}

interface PageQuery<S extends Sort> {
  readonly limit: number;
  readonly offset?: number;
  readonly cursor?: string;
  readonly sort: S;
}

/**
 * @param name what the list is of
 * @param filters what it is limited to; a cursor is valid only with the same ones
 * @throws RequestInvalidError if the cursor is not one of this list, or there is an offset too
 */
export function toListRequest<S extends Sort>(
  name: string,
  { limit, offset, cursor, sort }: PageQuery<S>,
  filters: readonly (string | undefined)[],
): ListRequest<S> {
  const list = [name, sort, ...filters];
  if (cursor === undefined) return { list, limit, offset: offset ?? 0, sort };
  if (offset !== undefined) throw cursorError('must not be combined with offset');
  const decoded = decodeCursor(list, cursor);
  if (!decoded || (sort.endsWith('_at') && !TIME_KEY.test(decoded.last.key))) {
    throw cursorError('must be the next_cursor of a page of this list, with the same sort and filters');
  }
  return { list, limit, offset: decoded.offset, sort, after: { ...decoded.last, total: decoded.total } };
}

function cursorError(message: string): RequestInvalidError {
  return new RequestInvalidError([{ path: 'cursor', message, code: 'custom' }]);
}

const pagination = z
  .object({
    total: z.int().meta({
      description: 'Number of items that match, on all pages; with a cursor, when the walk began',
      example: 42,
    }),
    limit: z.int().meta({ example: 20 }),
    offset: z.int().meta({ description: 'Number of items before this page', example: 0 }),
    hasNext: z.boolean().meta({ example: true }),
    hasPrev: z.boolean().meta({ example: false }),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'The `cursor` of the next page; null on the last', example: 'W1siZ2F0ZXdheXMi' }),
  })
  .meta({ id: 'Pagination' });

/** The schema of a page of something. */
export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ data: z.array(item), pagination });

export function toPageDto<Item, ItemDto>(
  { items, total, next }: Page<Item>,
  { list, limit, offset }: ListRequest,
  toDto: (item: Item) => ItemDto,
): { data: ItemDto[]; pagination: z.output<typeof pagination> } {
  const nextCursor = next ? encodeCursor(list, { last: next, total, offset: offset + items.length }) : null;
  return {
    data: items.map(toDto),
    pagination: { total, limit, offset, hasNext: next !== undefined, hasPrev: offset > 0, next_cursor: nextCursor },
  };
}
