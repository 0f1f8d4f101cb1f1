import { z } from 'zod';
import { timeOf } from '../common/clock';
import type { Moment } from '../common/clock';
import { id, optionalQueryInteger, queryInteger, requiredText, timestamp } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';
import { REASON_CODES, STEPS } from '../gateway-client/failure/failure';
import { STATUS_STATES } from '../status/connection-state';
import type { StatusState } from '../status/connection-state';
import type { TallyFilter } from '../status/fleet-tallies';
import { FACTORY_SORTS } from './factory-order';
import type { FactoriesInTrouble, FactoryInFleet, FleetQuery } from './fleet.service';
import type { Summary } from './summary';

const MAX_OFFSET = 2_147_483_647;

/** Declares each state by name instead of a record, because linters and generated clients need declared properties. */
const byState = z
  .object(Object.fromEntries(STATUS_STATES.map((state) => [state, z.int()])) as Record<StatusState, z.ZodInt>)
  .meta({ id: 'CountByState', description: 'Number of gateways in each state' });
const asOf = timestamp.meta({ description: 'When this was counted' });
const total = z.int().meta({ description: 'Number of gateways', example: 42 });
const wanted = z.int().meta({ description: 'How many of them should be connected', example: 40 });
const oldestSince = timestamp
  .nullable()
  .meta({ description: 'The earliest `since` of those in trouble; null if there are none' });

const filters = {
  organization_id: id.optional().meta({ description: 'Only gateways of this organization' }),
  factory_id: id.optional().meta({ description: 'Only gateways of this factory' }),
};

export class FleetSummaryQueryDto extends createZodDto(z.strictObject(filters)) {}

export class FleetSummaryDto extends createZodDto(
  z
    .object({
      as_of: asOf,
      total,
      wanted,
      by_state: byState,
      by_reason: z
        .array(
          z
            .object({ code: z.enum(REASON_CODES), step: z.enum(STEPS), count: z.int().meta({ example: 3 }) })
            .meta({ id: 'ReasonCount' }),
        )
        .meta({ description: 'The reasons of those in trouble, the most frequent first' }),
      trouble: z
        .object({
          count: z.int().meta({ description: 'How many should be connected and are not', example: 3 }),
          oldest_since: oldestSince,
        })
        .meta({ id: 'FleetTrouble' }),
    })
    .meta({ id: 'FleetSummary' }),
) {}

export class FleetFactoryQueryDto extends createZodDto(
  z.strictObject({
    limit: queryInteger(1, 100, 20).meta({ description: 'Maximum number of items to return' }),
    offset: optionalQueryInteger(0, MAX_OFFSET).meta({ description: 'Number of items to skip, 0 by default' }),
    sort: z.enum(FACTORY_SORTS).prefault('-trouble').meta({
      description:
        'Order of the items; `-` means descending. `trouble`: how many gateways should be connected and are not. Then by name',
    }),
    organization_id: id.optional().meta({ description: 'Only factories of this organization' }),
    search: requiredText(255)
      .optional()
      .meta({ description: 'Only those whose name contains this text; case-insensitive' }),
  }),
) {}

export class FleetFactoryPageDto extends createZodDto(
  z
    .object({
      as_of: asOf,
      data: z.array(
        z
          .object({
            factory: z.object({ id, organization_id: id, name: z.string(), timezone: z.string() }),
            total,
            wanted,
            by_state: byState,
            trouble: z.int().meta({ description: 'How many should be connected and are not', example: 3 }),
            oldest_since: oldestSince,
          })
          .meta({ id: 'FleetFactory' }),
      ),
      pagination: z
        .object({ total: z.int(), limit: z.int(), offset: z.int(), hasNext: z.boolean(), hasPrev: z.boolean() })
        .meta({ id: 'OffsetPagination' }),
    })
    .meta({ id: 'FleetFactoryPage' }),
) {}

export function toTallyFilter({ organization_id, factory_id }: FleetSummaryQueryDto): TallyFilter {
  return { organizationId: organization_id, factoryId: factory_id };
}

export function toFleetQuery({ organization_id, offset = 0, ...query }: FleetFactoryQueryDto): FleetQuery {
  return { ...query, offset, organizationId: organization_id };
}

export function toSummaryDto({
  total: all,
  wanted: ofThem,
  byState: states,
  reasons,
  inTrouble,
  oldestSince: since,
}: Summary): FleetSummaryDto {
  return {
    as_of: new Date().toISOString(),
    total: all,
    wanted: ofThem,
    by_state: states,
    by_reason: reasons,
    trouble: { count: inTrouble, oldest_since: toTimestamp(since) },
  };
}

export function toFactoryPageDto(
  { items, total: all }: FactoriesInTrouble,
  { limit, offset }: FleetQuery,
): FleetFactoryPageDto {
  const hasNext = offset + items.length < all;
  return {
    as_of: new Date().toISOString(),
    data: items.map(toFactoryDto),
    pagination: { total: all, limit, offset, hasNext, hasPrev: offset > 0 },
  };
}

function toFactoryDto({ factory, summary }: FactoryInFleet): FleetFactoryPageDto['data'][number] {
  return {
    factory: {
      id: factory.id,
      organization_id: factory.organizationId,
      name: factory.name,
      timezone: factory.timezone,
    },
    total: summary.total,
    wanted: summary.wanted,
    by_state: summary.byState,
    trouble: summary.inTrouble,
    oldest_since: toTimestamp(summary.oldestSince),
  };
}

function toTimestamp(moment: Moment | null): string | null {
  return moment === null ? null : timeOf(moment).toISOString();
}
