import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { id } from '../http/contract/fields';
import { cursorPagination } from '../http/contract/id-cursor';
import { pageQuery } from '../http/contract/page.dto';
import { feedLimit, origin, queryPeriod, readingKind, readings, toReadingDto } from './reading.dto';
import type {
  FeedPage,
  FeedQuery,
  Period,
  ReadingPosition,
  ReadingsPage,
  ReadingsQuery,
} from './storage/readings-query.repository';

const POSITION = /^(-?\d{1,18})\.(\d{1,18})$/;

export class ReadingsQueryDto extends createZodDto(
  z.strictObject({
    limit: pageQuery.limit,
    cursor: z
      .string()
      .refine((text) => positionIn(text) !== null, 'must be a next_cursor of this list')
      .optional()
      .meta({ description: '`next_cursor` of the previous page; omit it for the first page' }),
    kind: readingKind.optional().meta({ description: 'Only readings of this kind' }),
    origin: origin.optional().meta({ description: 'Only readings that arrived in this way' }),
    ...queryPeriod,
  }),
) {}

export class ReadingsPageDto extends createZodDto(
  z.object({ data: readings, pagination: cursorPagination }).meta({ id: 'ReadingPage' }),
) {}

export function toReadingsQuery({ limit, cursor, kind, origin, ...period }: ReadingsQueryDto): ReadingsQuery {
  return {
    limit,
    before: positionIn(cursor ?? '') ?? undefined,
    kind,
    origin,
    ...toPeriod(period),
  };
}

export function toPeriod({ from, to }: { readonly from?: string; readonly to?: string }): Period {
  return { from: from === undefined ? undefined : new Date(from), to: to === undefined ? undefined : new Date(to) };
}

export function toReadingsPageDto({ items, next }: ReadingsPage, { limit }: ReadingsQuery): ReadingsPageDto {
  return {
    data: items.map(toReadingDto),
    pagination: { next_cursor: next ? toCursor(next) : null, limit },
  };
}

/** A cursor is the position of the last reading of a page, encoded so that clients treat it as opaque. */
function toCursor({ micros, number }: ReadingPosition): string {
  return Buffer.from(`${micros}.${number}`).toString('base64url');
}

function positionIn(cursor: string): ReadingPosition | null {
  const [, micros, number] = POSITION.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (micros === undefined || number === undefined) return null;
  return toCursor({ micros, number }) === cursor ? { micros, number } : null; // Node skips characters that are not base64url.
}

const FEED_POSITION = /^p(\d{1,18})$/;
const BEGINNING = 'p0';

export class FeedQueryDto extends createZodDto(
  z.strictObject({
    after: z.string().regex(FEED_POSITION, 'must be a next of this feed').optional().meta({
      description: '`next` of the previous answer; omit it to begin with the oldest reading. Valid with any filters',
    }),
    kind: readingKind.optional().meta({ description: 'Only readings of this kind' }),
    gateway_id: id.optional().meta({ description: 'Only readings of sensors of this gateway (its UUID)' }),
    factory_id: id.optional().meta({ description: 'Only readings of sensors of gateways of this factory' }),
    limit: feedLimit,
  }),
) {}

export class FeedPageDto extends createZodDto(
  z
    .object({
      data: readings,
      next: z.string().meta({ description: 'Store it with the readings; then send it as `after`', example: 'p48213' }),
      has_more: z.boolean().meta({
        description: 'Whether to ask again at once. With filters, an answer can be empty and have more after it',
      }),
    })
    .meta({ id: 'ReadingFeedPage' }),
) {}

export function toFeedQuery({ after = BEGINNING, kind, gateway_id, factory_id, limit = 100 }: FeedQueryDto): FeedQuery {
  return { after: FEED_POSITION.exec(after)?.[1] ?? '0', kind, gatewayId: gateway_id, factoryId: factory_id, limit };
}

export function toFeedPageDto({ items, next, hasMore }: FeedPage): FeedPageDto {
  return { data: items.map(toReadingDto), next: `p${next}`, has_more: hasMore };
}
