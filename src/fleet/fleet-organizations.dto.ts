import { z } from 'zod';
import { id, idList } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';
import { asOf, fleetPage, fleetPageQuery, search, summary, toFleetPagination, toSummaryFields } from './fleet.dto';
import type { FleetOrganizationsQuery, InFleet } from './fleet.service';
import type { OrganizationName } from '../factories/factories.repository';

export class FleetOrganizationQueryDto extends createZodDto(
  z.strictObject({ ...fleetPageQuery, id: idList, search }),
) {}

const inFleet = z
  .object({
    organization: z.object({ id, name: z.string() }),
    factories: z.int().meta({ description: 'Number of factories', example: 3 }),
    ...summary,
  })
  .meta({ id: 'FleetOrganization' });

export class FleetOrganizationPageDto extends createZodDto(fleetPage(inFleet).meta({ id: 'FleetOrganizationPage' })) {}

export function toOrganizationsQuery({
  id: ids,
  offset = 0,
  ...query
}: FleetOrganizationQueryDto): FleetOrganizationsQuery {
  return { ...query, offset, ids };
}

export function toOrganizationPageDto(
  { items, total }: InFleet<OrganizationName>,
  query: FleetOrganizationsQuery,
): FleetOrganizationPageDto {
  return {
    as_of: asOf(),
    data: items.map(({ row: { id: of, name, factories }, summary: counts }) => ({
      organization: { id: of, name },
      factories,
      ...toSummaryFields(counts),
    })),
    pagination: toFleetPagination(query, items.length, total),
  };
}
