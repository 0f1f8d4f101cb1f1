import { z } from 'zod';
import { id, queryInteger, timestamp } from '../http/contract/fields';
import { cursorPagination, idCursor, idInCursor, toCursorPagination } from '../http/contract/id-cursor';
import { pageQuery } from '../http/contract/page.dto';
import { createZodDto } from '../http/contract/zod-dto';
import { READING_KINDS } from '../readings/reading';
import { ACQUISITION_STATES, FAILURE_CODES } from './acquisition.machine';
import { BLOCKS } from './acquisition-job';
import type { NewAcquisition } from './acquisition-orders.repository';
import type { AcquisitionQuery } from './acquisitions.repository';
import type { PresentAcquisition } from './acquisitions.service';

const MAX_WAIT_S = 120;
const MAX_EXPIRES_IN_S = 3600;

const kind = z.enum(READING_KINDS).meta({ description: 'What to measure' });
const state = z.enum(ACQUISITION_STATES);

export class CreateAcquisitionDto extends createZodDto(
  z
    .strictObject({
      kind,
      expires_in_s: z
        .int()
        .min(1)
        .max(MAX_EXPIRES_IN_S)
        .prefault(60)
        .meta({ description: 'Seconds after which an order that could not be sent is given up' }),
    })
    .meta({ id: 'CreateAcquisition', example: { kind: 'vibration' } }),
) {}

export class AcquisitionWaitDto extends createZodDto(
  z.strictObject({
    wait_s: queryInteger(0, MAX_WAIT_S, 0).meta({
      description:
        'How many seconds to wait until the acquisition is final. Then the response is a 200, otherwise a 202',
    }),
  }),
) {}

export class AcquisitionQueryDto extends createZodDto(
  z.strictObject({
    sensor_id: id.optional().meta({ description: 'Only those of this sensor' }),
    gateway_id: id.optional().meta({ description: 'Only those of sensors of this gateway (its UUID)' }),
    schedule_id: id.optional().meta({ description: 'Only those that this schedule has ordered' }),
    state: state.optional().meta({ description: 'Only those in this state' }),
    limit: pageQuery.limit,
    cursor: idCursor,
  }),
) {}

const acquisition = z
  .object({
    id,
    sensor_id: id,
    gateway_id: id,
    kind,
    schedule_id: id
      .nullable()
      .meta({ description: 'The schedule that has ordered it; null if a caller has', example: null }),
    state: state.meta({
      description:
        '`queued`: not sent yet. `sent`: the gateway has the command. `started`: it has confirmed that the sensor measures. ' +
        '`recovering`: the connection was lost, so the reading is looked for in the history of the gateway. The others are final',
    }),
    blocked_by: z.enum(BLOCKS).nullable().meta({
      description:
        'Why a `queued` order is not sent yet. `gateway_busy`: the gateway is still carrying out another command',
    }),
    attribution: z
      .enum(['confirmed', 'assumed'])
      .nullable()
      .meta({
        description:
          '`confirmed`: the gateway has confirmed that the ordered measurement has begun, which it does for vibration only. `assumed`: ' +
          'the first reading after the order, which may be one of the schedule of the sensor',
      }),
    source: z
      .enum(['live', 'history'])
      .nullable()
      .meta({ description: '`history`: the connection was lost, and the reading found afterwards' }),
    reading_id: z
      .string()
      .nullable()
      .meta({ description: 'The reading, once it is `completed`', example: '2026-02-09-48213' }),
    late_reading_id: z
      .string()
      .nullable()
      .meta({ description: 'A reading that came within ten minutes after the failure', example: '2026-02-09-48214' }),
    failure: z
      .object({
        code: z.enum(FAILURE_CODES).meta({
          description:
            '`rejected_by_gateway`: it answered with an error. `start_refused`, `start_timeout`: the sensor did not begin to measure. ' +
            '`reading_timeout`: no reading came. `session_lost`, `service_stopped`: the connection was lost, and the reading is not in the ' +
            'history of the gateway. `queue_full`: too many commands waited for it',
        }),
        message: z.string().nullable().meta({
          description: 'What the gateway said, if it said something: for people, not for programs',
          example: 'Dynamizer 30000033 is busy',
        }),
      })
      .nullable(),
    created_at: timestamp,
    expires_at: timestamp.meta({ description: 'If it is not sent by then, it expires' }),
    sent_at: timestamp.nullable(),
    started_at: timestamp.nullable(),
    ended_at: timestamp.nullable(),
  })
  .meta({ id: 'Acquisition' });

export class AcquisitionDto extends createZodDto(acquisition) {}

export class AcquisitionPageDto extends createZodDto(
  z.object({ data: z.array(acquisition), pagination: cursorPagination }).meta({ id: 'AcquisitionPage' }),
) {}

export function toNewAcquisition(
  sensorId: string,
  { kind: what, expires_in_s: expiresInS }: CreateAcquisitionDto,
): NewAcquisition {
  return { sensorId, kind: what, expiresInS };
}

export function toAcquisitionQuery({ cursor, ...query }: AcquisitionQueryDto): AcquisitionQuery {
  return {
    ...{ sensorId: query.sensor_id, gatewayId: query.gateway_id, scheduleId: query.schedule_id },
    ...{ state: query.state, limit: query.limit },
    before: cursor === undefined ? undefined : idInCursor(cursor),
  };
}

export function toAcquisitionPageDto(
  { items, hasMore }: { readonly items: readonly PresentAcquisition[]; readonly hasMore: boolean },
  { limit }: AcquisitionQuery,
): AcquisitionPageDto {
  return {
    data: items.map(toAcquisitionDto),
    pagination: toCursorPagination(hasMore ? items.at(-1)?.row : undefined, limit),
  };
}

export function toAcquisitionDto({ row, blockedBy }: PresentAcquisition): AcquisitionDto {
  const { failureCode } = row;
  return {
    ...{ id: row.id, sensor_id: row.sensorId, gateway_id: row.gatewayId, kind: row.kind },
    ...{ schedule_id: row.scheduleId, state: row.state },
    ...{ blocked_by: blockedBy, attribution: row.attribution, source: row.source },
    ...{ reading_id: row.readingId, late_reading_id: row.lateReadingId },
    failure: row.state === 'failed' && failureCode ? { code: failureCode, message: row.failureMessage } : null,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    sent_at: row.sentAt?.toISOString() ?? null,
    started_at: row.startedAt?.toISOString() ?? null,
    ended_at: row.endedAt?.toISOString() ?? null,
  };
}
