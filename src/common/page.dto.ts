import { z } from 'zod';
import { queryInteger } from './fields';

const MAX_OFFSET = 2_147_483_647;

/** The query of every list. */
export const pageQuery = {
  limit: queryInteger(1, 100, 20).meta({ description: 'Maximum number of items to return' }),
  offset: queryInteger(0, MAX_OFFSET, 0).meta({ description: 'Number of items to skip' }),
};

/** The page of a list to return. */
export interface PageRequest {
  readonly limit: number;
  readonly offset: number;
}

/** One page of a list, and the length of the whole list. */
export interface Page<Item> {
  readonly items: Item[];
  readonly total: number;
}

const pagination = z
  .object({
    total: z.int().meta({ description: 'Number of items that match, on all pages', example: 42 }),
    limit: z.int().meta({ example: 20 }),
    offset: z.int().meta({ example: 0 }),
    hasNext: z.boolean().meta({ example: true }),
    hasPrev: z.boolean().meta({ example: false }),
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
