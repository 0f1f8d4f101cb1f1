import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { id, queryList, timestamp } from '../http/contract/fields';
import { cursorPagination, idCursor, idInCursor, toCursorPagination } from '../http/contract/id-cursor';
import { pageQuery } from '../http/contract/page.dto';
import { REASON_CODES } from '../gateway-client/failure/failure';
import { connectionState, reason } from '../status/connection-status.dto';
import type { ConnectionEventRow } from './connection-event.entity';
import type { EventPage, EventPageRequest } from './connection-events.repository';

export class ConnectionEventQueryDto extends createZodDto(
  z.strictObject({
    limit: pageQuery.limit,
    cursor: idCursor,
    reason_code: queryList(z.enum(REASON_CODES), REASON_CODES.length).meta({
      description: 'Only events whose `reason` has this code, or one of these',
    }),
  }),
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

export class ConnectionEventPageDto extends createZodDto(
  z.object({ data: z.array(connectionEvent), pagination: cursorPagination }).meta({ id: 'ConnectionEventPage' }),
) {}

export function toEventPageRequest({ limit, cursor, reason_code }: ConnectionEventQueryDto): EventPageRequest {
  return { limit, before: cursor === undefined ? undefined : idInCursor(cursor), reasonCodes: reason_code };
}

export function toEventPageDto({ items, hasMore }: EventPage, { limit }: EventPageRequest): ConnectionEventPageDto {
  return {
    data: items.map(toEventDto),
    pagination: toCursorPagination(hasMore ? items.at(-1) : undefined, limit),
  };
}

function toEventDto({ id, at, firstAt, from, to, reason, attempt, count }: ConnectionEventRow) {
  return { id, at: at.toISOString(), first_at: firstAt.toISOString(), from, to, reason, attempt, count };
}
