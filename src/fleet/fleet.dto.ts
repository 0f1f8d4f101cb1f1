import { z } from 'zod';
import { timeOf } from '../common/clock';
import type { Moment } from '../common/clock';
import type { FactoryName } from '../factories/factories.repository';
import { id, optionalQueryInteger, queryInteger, requiredText, timestamp } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';
import { REASON_CODES, STEPS } from '../gateway-client/failure/failure';
import { STATUS_STATES } from '../status/connection-state';
import type { StatusState } from '../status/connection-state';
import type { TallyFilter } from '../status/fleet-tallies';
import { FLEET_SORTS } from './fleet-order';
import type { FleetQuery, InFleet } from './fleet.service';
import type { Summary } from './summary';

const MAX_OFFSET = 2_147_483_647;

/** Declares each state by name instead of a record, because linters and generated clients need declared properties. */
const byState = z
  .object(Object.fromEntries(STATUS_STATES.map((state) => [state, z.int()])) as Record<StatusState, z.ZodInt>)
  .meta({ id: 'CountByState', description: 'Number of gateways in each state' });
const countedAt = timestamp.meta({ description: 'When this was counted' });
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
      as_of: countedAt,
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

/** What the lists of the fleet share. */
export const fleetPageQuery = {
  limit: queryInteger(1, 100, 20).meta({ description: 'Maximum number of items to return' }),
  offset: optionalQueryInteger(0, MAX_OFFSET).meta({ description: 'Number of items to skip, 0 by default' }),
  sort: z.enum(FLEET_SORTS).prefault('-trouble').meta({
    description:
      'Order of the items; `-` means descending. `trouble`: how many gateways should be connected and are not. Then by name',
  }),
};

export const search = requiredText(255)
  .optional()
  .meta({ description: 'Only those whose name contains this text; case-insensitive' });

export class FleetFactoryQueryDto extends createZodDto(
  z.strictObject({
    ...fleetPageQuery,
    organization_id: id.optional().meta({ description: 'Only factories of this organization' }),
    search,
  }),
) {}

/** The counts of one factory or organization. */
export const summary = {
  total,
  wanted,
  by_state: byState,
  trouble: z.int().meta({ description: 'How many should be connected and are not', example: 3 }),
  oldest_since: oldestSince,
};

/** A page of factories or organizations. */
export const fleetPage = <Item extends z.ZodType>(item: Item) =>
  z.object({
    as_of: countedAt,
    data: z.array(item),
    pagination: z
      .object({ total: z.int(), limit: z.int(), offset: z.int(), hasNext: z.boolean(), hasPrev: z.boolean() })
      .meta({ id: 'OffsetPagination' }),
  });

const factoryInFleet = z
  .object({
    factory: z.object({ id, organization_id: id, name: z.string(), timezone: z.string() }),
    ...summary,
  })
  .meta({ id: 'FleetFactory' });

export class FleetFactoryPageDto extends createZodDto(fleetPage(factoryInFleet).meta({ id: 'FleetFactoryPage' })) {}

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
    as_of: asOf(),
    total: all,
    wanted: ofThem,
    by_state: states,
    by_reason: reasons,
    trouble: { count: inTrouble, oldest_since: toTimestamp(since) },
  };
}

export function toFactoryPageDto({ items, total: all }: InFleet<FactoryName>, query: FleetQuery): FleetFactoryPageDto {
  return {
    as_of: asOf(),
    data: items.map(({ row: factory, summary: counts }) => ({
      factory: {
        id: factory.id,
        organization_id: factory.organizationId,
        name: factory.name,
        timezone: factory.timezone,
      },
      ...toSummaryFields(counts),
    })),
    pagination: toFleetPagination(query, items.length, all),
  };
}

/** The counts of a row. */
export function toSummaryFields(counts: Summary) {
  return {
    total: counts.total,
    wanted: counts.wanted,
    by_state: counts.byState,
    trouble: counts.inTrouble,
    oldest_since: toTimestamp(counts.oldestSince),
  };
}

/** @param shown how many are on this page @param all how many are on all pages */
export function toFleetPagination(
  { limit, offset }: Pick<FleetQuery, 'limit' | 'offset'>,
  shown: number,
  all: number,
): FleetFactoryPageDto['pagination'] {
  return { total: all, limit, offset, hasNext: offset + shown < all, hasPrev: offset > 0 };
}

export function asOf(): string {
  return new Date().toISOString();
}

function toTimestamp(moment: Moment | null): string | null {
  return moment === null ? null : timeOf(moment).toISOString();
}
