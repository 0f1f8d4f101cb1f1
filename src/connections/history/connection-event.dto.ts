import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { id, timestamp } from '../../common/fields';
import { pageQuery } from '../../common/page.dto';
import { connectionState, reason } from '../connection-status.dto';
import type { ConnectionEventRow } from './connection-event.entity';
import type { EventPage, EventPageRequest } from './connection-events.repository';

const cursor = z
  .string()
  .refine((text) => isCursor(text), 'must be a next_cursor of this list')
  .meta({ description: 'The next_cursor of the page before; absent for the first page' });

export class ConnectionEventQueryDto extends createZodDto(
  z.strictObject({ limit: pageQuery.limit, cursor: cursor.optional() }),
) {}

const connectionEvent = z
  .object({
    id,
    at: timestamp.meta({ description: 'When it happened; the latest of them, when there are many' }),
    first_at: timestamp.meta({ description: 'When the first of them happened' }),
    from: connectionState.meta({ description: 'The state before the first of them' }),
    to: connectionState.meta({ description: 'The state after the latest of them' }),
    reason: reason
      .nullable()
      .meta({ description: 'Why it was not connected then; null when it was, or when nothing had gone wrong' }),
    attempt: z.int().meta({ description: 'Failures in a row' }),
    count: z.int().meta({ description: 'How many changes this stands for: more than 1 when they came too fast' }),
  })
  .meta({ id: 'ConnectionEvent' });

const eventPagination = z
  .object({
    next_cursor: z.string().nullable().meta({ description: 'For the next, older page; null on the last' }),
    limit: z.int(),
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

/** A cursor is the id of the row that a page ended with, written so that nobody takes it for something to build upon. */
function toCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function toId(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function isCursor(text: string): boolean {
  return Buffer.from(text, 'base64url').length === 16 && toCursor(toId(text)) === text; // Node skips what is not base64url.
}
