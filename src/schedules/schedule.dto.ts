import { z } from 'zod';
import { id, requiredText, timestamp } from '../http/contract/fields';
import { metadata, storedMetadata } from '../http/contract/metadata';
import { pageOf, sortedPageQuery, toListRequest } from '../http/contract/page.dto';
import type { ListRequest } from '../http/contract/page.dto';
import { updateOfObserved } from '../http/contract/read-only';
import { createZodDto } from '../http/contract/zod-dto';
import { READING_KINDS } from '../readings/reading';
import type { ScheduleRow } from './schedule.entity';
import type { Coverage, FixedValues, NewSchedule, ScheduleChanges, ScheduleQuery } from './schedules.repository';
import { targetOf } from './target';
import { WEEKDAYS } from './window';

const MIN_AGE_S = 300;
const YEAR_S = 31_536_000;
const MOST_ORDERS = 1000;
const MOST_WINDOWS = 20;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const END = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

const days = z
  .array(z.enum(WEEKDAYS))
  .min(1)
  .max(WEEKDAYS.length)
  .refine((names) => new Set(names).size === names.length, 'must not name a day twice')
  .nullable()
  .meta({ description: 'The days on which it begins; null: every day', example: ['mon', 'tue', 'wed', 'thu', 'fri'] });

const times = {
  from: z.string().regex(TIME, 'must be a time such as 06:00').meta({ example: '06:00' }),
  to: z.string().regex(END, 'must be a time such as 22:00, up to 24:00').meta({
    description: 'The first minute after it. Not after `from`: on the next day',
    example: '22:00',
  }),
};

const window = z
  .strictObject({ days: days.default(null), ...times })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must differ from `from`' });

const aboutWindows = {
  description:
    'When it may order, in the time zone of the factory, by the clock on the wall; empty: always. Outside of them readings can become older',
};

const target = z.strictObject({
  type: z.enum(['sensor', 'gateway', 'factory']),
  id,
});
const aboutTarget = {
  description:
    'A sensor, or all sensors of a gateway or of a factory. Of the enabled schedules of a kind that cover a sensor, the most specific ones ' +
    'decide: those of the sensor, else those of its gateway, else those of its factory. If there are several of these, each of them orders',
  example: { type: 'gateway', id: '3f1c2a9e-5b7d-4c8a-9e21-6d0f8b4a7c35' },
};

const kind = z.enum(READING_KINDS).meta({ description: 'What to measure' });

// No defaults here: partial() would apply them to fields that a change does not name.
const changeable = {
  name: requiredText(255).meta({ example: 'Every four hours' }),
  max_age_s: z
    .int()
    .min(MIN_AGE_S)
    .max(YEAR_S)
    .meta({
      description:
        'How old the latest reading of a sensor may become, in seconds; readings that it takes by itself count. A new one is ordered when ' +
        'it has 85 to 95 % of this age',
      example: 14_400,
    }),
  windows: z.array(window).max(MOST_WINDOWS).meta(aboutWindows),
  daily_budget: z
    .int()
    .min(0)
    .max(MOST_ORDERS)
    .meta({
      description:
        'On a day of the factory, a sensor gets no order from this schedule if it was sent so many commands of this kind already, ' +
        'whoever ordered them. 0: never, which exempts a sensor from the schedule of its factory',
      example: 8,
    }),
  enabled: z.boolean().meta({ description: 'A schedule that is not enabled has no effect' }),
  metadata,
};

export class CreateScheduleDto extends createZodDto(
  z
    .strictObject({
      target: target.meta(aboutTarget),
      kind,
      ...changeable,
      windows: changeable.windows.default([]),
      enabled: changeable.enabled.default(true),
    })
    .partial({ metadata: true })
    .meta({
      id: 'CreateSchedule',
      example: {
        target: aboutTarget.example,
        kind: 'vibration',
        name: 'Every four hours',
        max_age_s: 14_400,
        windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '06:00', to: '22:00' }],
        daily_budget: 8,
      },
    }),
) {}

export class ScheduleQueryDto extends createZodDto(
  z.strictObject({
    ...sortedPageQuery,
    factory_id: id.optional().meta({ description: 'Only schedules of this factory itself' }),
    gateway_id: id.optional().meta({ description: 'Only schedules of this gateway (its UUID) itself' }),
    sensor_id: id.optional().meta({ description: 'Only schedules of this sensor itself' }),
    search: requiredText(255)
      .optional()
      .meta({ description: 'Only those whose name contains this text; case-insensitive' }),
  }),
) {}

const schedule = z
  .object({
    id,
    organization_id: id,
    target: z.object(target.shape).meta(aboutTarget),
    kind,
    name: z.string().meta({ example: 'Every four hours' }),
    max_age_s: z.int().meta({ example: 14_400 }),
    windows: z.array(z.object({ days, ...times })).meta(aboutWindows),
    daily_budget: z.int().meta({ example: 8 }),
    enabled: z.boolean(),
    coverage: z
      .object({
        sensors: z.int().meta({ description: 'Those that their gateways list', example: 20 }),
        overdue: z.int().meta({
          description: 'Of them, those whose latest reading is older than `max_age_s`, and those without one',
          example: 1,
        }),
      })
      .nullable()
      .meta({ description: 'The sensors of the target, whichever schedule decides for them; null in lists' }),
    metadata: storedMetadata,
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Schedule' });

const FIXED = ['organization_id', 'target', 'kind'] as const;

export class UpdateScheduleDto extends createZodDto(
  updateOfObserved(schedule, changeable, FIXED).meta({
    id: 'UpdateSchedule',
    example: { max_age_s: 7200, daily_budget: 14 },
  }),
) {}

export class ScheduleDto extends createZodDto(schedule) {}

export class SchedulePageDto extends createZodDto(pageOf(schedule).meta({ id: 'SchedulePage' })) {}

export function toNewSchedule({ target: given, max_age_s, daily_budget, ...body }: CreateScheduleDto): NewSchedule {
  return { ...body, target: { level: given.type, id: given.id }, maxAgeS: max_age_s, dailyBudget: daily_budget };
}

export function toScheduleChanges(body: UpdateScheduleDto): ScheduleChanges {
  const { name, max_age_s, windows, daily_budget, enabled } = body;
  return { name, maxAgeS: max_age_s, windows, dailyBudget: daily_budget, enabled, metadata: body.metadata };
}

/** The values of a change that must be the stored ones. */
export function toFixedValues({ organization_id, target: given, kind: of }: UpdateScheduleDto): FixedValues {
  return { organizationId: organization_id, kind: of, target: given && { level: given.type, id: given.id } };
}

export function toScheduleQuery(query: ScheduleQueryDto): ScheduleQuery & ListRequest {
  const { factory_id, gateway_id, sensor_id, search, ...page } = query;
  return {
    ...toListRequest('schedules', page, [factory_id, gateway_id, sensor_id, search]),
    ...{ factoryId: factory_id, gatewayId: gateway_id, sensorId: sensor_id, search },
  };
}

export function toScheduleDto(row: ScheduleRow, coverage: Coverage | null): ScheduleDto {
  const { level, id: targetId } = targetOf(row);
  return {
    ...{ id: row.id, organization_id: row.organizationId, target: { type: level, id: targetId }, kind: row.kind },
    ...{ name: row.name, max_age_s: row.maxAgeS, daily_budget: row.dailyBudget, enabled: row.enabled, coverage },
    windows: row.windows.map(({ days: on, from, to }) => ({ days: on && [...on], from, to })),
    metadata: row.metadata,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
