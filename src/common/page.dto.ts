import { z } from 'zod';
import { queryInteger } from './fields';

const MAX_OFFSET = 2_147_483_647;

/** The query of every list. */
export const pageQuery = {
  limit: queryInteger(1, 100, 20).meta({ description: 'How many at most' }),
  offset: queryInteger(0, MAX_OFFSET, 0).meta({ description: 'How many to skip' }),
};

/** Which part of a list is wanted. */
export interface PageRequest {
  readonly limit: number;
  readonly offset: number;
}

/** A part of a list, and how long the whole of it is. */
export interface Page<Item> {
  readonly items: Item[];
  readonly total: number;
}

const pagination = z
  .object({
    total: z.int().meta({ description: 'How many there are in all' }),
    limit: z.int(),
    offset: z.int(),
    hasNext: z.boolean(),
    hasPrev: z.boolean(),
  })
  .meta({ id: 'Pagination' });

/** The schema of a page of something. */
export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ data: z.array(item), pagination });

export function toPageDto<Item, ItemDto>(
  { items, total }: Page<Item>,
  { limit, offset }: PageRequest,
  toDto: (item: Item) => ItemDto,
): { data: ItemDto[]; pagination: z.output<typeof pagination> } {
  return {
    data: items.map(toDto),
    pagination: { total, limit, offset, hasNext: offset + items.length < total, hasPrev: offset > 0 },
  };
}
