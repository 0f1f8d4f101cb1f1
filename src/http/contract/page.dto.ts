import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor';
import type { ListIdentity } from './cursor';
import { optionalQueryInteger, queryInteger } from './fields';
import type { Page, PageRequest } from '../../common/page';
import { NAME_SORTS, OBSERVED_SORTS, SERIAL_SORTS, SORTS } from '../../common/sort';
import type { Sort } from '../../common/sort';
import { RequestInvalidError } from './validation';

const MAX_OFFSET = 2_147_483_647;
const NUMBER_KEY = /^-?\d{1,16}$/;

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
        'The `next_cursor` of the previous page: returns the items that follow it, at the same cost for every page. ' +
        'Valid only with the same sort and filters',
    }),
};

const aboutSort = {
  description:
    'Order of the items; `-` means descending. `name` is in byte order, `name_ci` is natural and ignores case: gw-2, GW-10',
};

/** The query of the list of connections. */
export const connectionPageQuery = {
  ...pageQuery,
  sort: z
    .enum([...NAME_SORTS, ...OBSERVED_SORTS])
    .prefault('name')
    .meta({
      description:
        `${aboutSort.description}. \`state\` is in the order of ConnectionState. Connections without a value are last in both ` +
        'directions. Values change all the time: a connection whose value changes while you turn pages can be missed or come twice',
    }),
};

/** The query of a list of stored rows. */
export const sortedPageQuery = { ...pageQuery, sort: z.enum(SORTS).prefault('name').meta(aboutSort) };

/** The query of a list of things with a serial number. */
export const serialPageQuery = {
  ...pageQuery,
  sort: z.enum(SERIAL_SORTS).prefault('serial').meta({ description: 'Order of the items; `-` means descending' }),
};

/** The query of a list of stored rows that have a serial number too. */
export const sortedSerialPageQuery = {
  ...pageQuery,
  sort: z
    .enum([...SORTS, ...SERIAL_SORTS])
    .prefault('name')
    .meta(aboutSort),
};

/** A page request with the identity of its list. */
export interface ListRequest<S extends string = Sort> extends PageRequest<S> {
  readonly list: ListIdentity;
}

interface PageQuery<S extends string> {
  readonly limit: number;
  readonly offset?: number;
  readonly cursor?: string;
  readonly sort: S;
}

/**
 * @param name name of the list, such as `organizations`
 * @param filters values of the list's filters; a cursor is valid only with the same ones
 * @throws RequestInvalidError if the cursor does not belong to this list, or is combined with an offset
 */
export function toListRequest<S extends string>(
  name: string,
  { limit, offset, cursor, sort }: PageQuery<S>,
  filters: readonly (string | undefined)[],
): ListRequest<S> {
  const list = [name, sort, ...filters];
  if (cursor === undefined) return { list, limit, offset: offset ?? 0, sort };
  if (offset !== undefined) throw cursorError('must not be combined with offset');
  const decoded = decodeCursor(list, cursor);
  if (!decoded || (!isNameSort(sort) && !NUMBER_KEY.test(decoded.last.key))) {
    throw cursorError('must be the next_cursor of a page of this list, with the same sort and filters');
  }
  return { list, limit, offset: decoded.offset, sort, after: { ...decoded.last, total: decoded.total } };
}

/** A filter with several values, as a part of the identity of a list. Their order does not matter. */
export function identityOf(values: readonly string[] | undefined): string | undefined {
  return values && [...new Set(values)].sort().join();
}

/** All other lists are sorted by numbers. */
function isNameSort(sort: string): boolean {
  return (NAME_SORTS as readonly string[]).includes(sort);
}

function cursorError(message: string): RequestInvalidError {
  return new RequestInvalidError([{ path: 'cursor', message, code: 'custom' }]);
}

const pagination = z
  .object({
    total: z.int().meta({
      description: 'Number of items that match, on all pages; with a cursor, as counted for the first page',
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

/** The schema of a page of items. */
export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ data: z.array(item), pagination });

export function toPageDto<Item, ItemDto>(
  { items, total, next }: Page<Item>,
  { list, limit, offset }: ListRequest<string>,
  toDto: (item: Item) => ItemDto,
): { data: ItemDto[]; pagination: z.output<typeof pagination> } {
  const nextCursor = next ? encodeCursor(list, { last: next, total, offset: offset + items.length }) : null;
  return {
    data: items.map(toDto),
    pagination: { total, limit, offset, hasNext: next !== undefined, hasPrev: offset > 0, next_cursor: nextCursor },
  };
}
