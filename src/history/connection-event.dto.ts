import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { id, timestamp } from '../http/contract/fields';
import { pageQuery } from '../http/contract/page.dto';
import { connectionState, reason } from '../status/connection-status.dto';
import type { ConnectionEventRow } from './connection-event.entity';
import type { EventPage, EventPageRequest } from './connection-events.repository';

const cursor = z
  .string()
  .refine((text) => isCursor(text), 'must be a next_cursor of this list')
  .meta({ description: '`next_cursor` of the previous page; omit it for the first page' });

export class ConnectionEventQueryDto extends createZodDto(
  z.strictObject({ limit: pageQuery.limit, cursor: cursor.optional() }),
) {}

const connectionEvent = z
  .object({
    id,
    at: timestamp.meta({ description: 'When the change happened; the latest change, if the event represents several' }),
    first_at: timestamp.meta({ description: 'When the first change happened' }),
    from: connectionState.meta({ description: 'State before the first change' }),
    to: connectionState.meta({ description: 'State after the latest change' }),
    reason: reason
      .nullable()
      .meta({ description: 'Why it was not connected; null if it was connected, or if nothing failed' }),
    attempt: z.int().meta({ description: 'Consecutive failures', example: 1 }),
    count: z.int().meta({
      description: 'Number of changes that this event represents: more than 1 if they came too fast',
      example: 1,
    }),
  })
  .meta({ id: 'ConnectionEvent' });

const eventPagination = z
  .object({
    next_cursor: z.string().nullable().meta({ description: 'Cursor of the next, older page; null on the last page' }),
    limit: z.int().meta({ example: 20 }),
  })
  .meta({ id: 'CursorPagination' });

export class ConnectionEventPageDto extends createZodDto(
  z.object({ data: z.array(connectionEvent), pagination: eventPagination }).meta({ id: 'ConnectionEventPage' }),
) {}

export function toEventPageRequest({ limit, cursor }: ConnectionEventQueryDto): EventPageRequest {
  return { limit, before: cursor === undefined ? undefined : toId(cursor) };
}

export function toEventPageDto({ items, hasMore }: EventPage, { limit }: EventPageRequest): ConnectionEventPageDto {
  const last = items.at(-1);
  return {
    data: items.map(toEventDto),
    pagination: { next_cursor: hasMore && last ? toCursor(last.id) : null, limit },
  };
}

function toEventDto({ id, at, firstAt, from, to, reason, attempt, count }: ConnectionEventRow) {
  return { id, at: at.toISOString(), first_at: firstAt.toISOString(), from, to, reason, attempt, count };
}

/** A cursor is the id of the last row of a page, encoded so that clients treat it as opaque. */
function toCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function toId(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function isCursor(text: string): boolean {
  return Buffer.from(text, 'base64url').length === 16 && toCursor(toId(text)) === text; // Node skips characters that are not base64url.
}
