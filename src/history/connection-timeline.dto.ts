import { z } from 'zod';
import { queryInteger, timestamp } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';
import { CONNECTION_STATES } from '../status/connection-state';
import type { ConnectionState } from '../status/connection-state';
import type { Timeline, TimelineSpan } from './connection-timeline.repository';

const HOURS_OF_A_YEAR = 8784;
const MAX_PARTS = 500;
const SECONDS_PER_HOUR = 3600;

export class ConnectionTimelineQueryDto extends createZodDto(
  z.strictObject({
    hours: queryInteger(1, HOURS_OF_A_YEAR, 24).meta({ description: 'How far back it begins; 24 by default' }),
    parts: queryInteger(1, MAX_PARTS, 96).meta({ description: 'Into how many parts it is divided; 96 by default' }),
  }),
) {}

/** Declares each state by name, because linters and generated clients need declared properties. */
const seconds = z
  .object(
    Object.fromEntries(CONNECTION_STATES.map((state) => [state, z.number()])) as Record<ConnectionState, z.ZodNumber>,
  )
  .meta({ id: 'SecondsByState', description: 'For how many seconds the connection was in each state' });

export class ConnectionTimelineDto extends createZodDto(
  z
    .object({
      from: timestamp,
      to: timestamp.meta({ description: 'Now' }),
      part_s: z.number().meta({ description: 'Length of a part, in seconds', example: 900 }),
      data: z.array(
        z
          .object({ at: timestamp.meta({ description: 'When the part begins' }), seconds })
          .meta({ id: 'ConnectionTimelinePart' }),
      ),
    })
    .meta({ id: 'ConnectionTimeline' }),
) {}

export function toTimelineDto({ from, to, shares }: Timeline, { hours, parts }: TimelineSpan): ConnectionTimelineDto {
  const length = (hours * SECONDS_PER_HOUR) / parts;
  const data = Array.from({ length: parts }, (_, part) => ({
    at: new Date(from.getTime() + part * length * 1000).toISOString(),
    seconds: nothing(),
  }));
  for (const { part, state, seconds: lasted } of shares) {
    const of = data[part];
    if (of) of.seconds[state] = Math.round(lasted * 1000) / 1000;
  }
  return { from: from.toISOString(), to: to.toISOString(), part_s: length, data };
}

function nothing(): Record<ConnectionState, number> {
  return Object.fromEntries(CONNECTION_STATES.map((state) => [state, 0])) as Record<ConnectionState, number>;
}
