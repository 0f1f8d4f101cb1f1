import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { id, idList, networkList, queryFlag, requiredText, timestamp } from '../http/contract/fields';
import { metadata, storedMetadata } from '../http/contract/metadata';
import { identityOf, pageOf, sortedPageQuery, toListRequest } from '../http/contract/page.dto';
import type { ListRequest } from '../http/contract/page.dto';
import { updateOf } from '../http/contract/read-only';
import type { OrganizationRow } from './organization.entity';
import type { NewOrganization, OrganizationChanges, OrganizationQuery } from './organizations.repository';

const MAX_NETWORKS = 100;

const gatewayNetworks = networkList(MAX_NETWORKS)
  .nullable()
  .meta({
    description:
      'Networks that the addresses of its gateways must be in, besides `GATEWAY_NETWORKS`; null: no further limit. ' +
      'A change ends the connections to addresses that are no longer allowed.',
    example: ['10.20.0.0/16'],
  });
const changeable = {
  name: requiredText(255).meta({ example: 'Acme' }),
  metadata,
  gateway_networks: gatewayNetworks,
};

export class CreateOrganizationDto extends createZodDto(
  z
    .strictObject(changeable)
    .partial({ metadata: true, gateway_networks: true })
    .meta({ id: 'CreateOrganization', example: { name: 'Acme' } }),
) {}

export class OrganizationQueryDto extends createZodDto(
  z.strictObject({
    ...sortedPageQuery,
    id: idList,
    search: requiredText(255)
      .optional()
      .meta({ description: 'Only those whose name contains this text; case-insensitive' }),
  }),
) {}

const organization = z
  .object({
    id,
    name: z.string().meta({ example: 'Acme' }),
    metadata: storedMetadata,
    gateway_networks: gatewayNetworks,
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Organization' });

export class UpdateOrganizationDto extends createZodDto(
  updateOf(organization, changeable).meta({ id: 'UpdateOrganization', example: { name: 'Acme Europe' } }),
) {}

export class DeleteOrganizationQueryDto extends createZodDto(
  z.strictObject({
    cascade: queryFlag.meta({ description: 'Delete its factories and their gateways too' }),
  }),
) {}

export class OrganizationDto extends createZodDto(organization) {}

export class OrganizationPageDto extends createZodDto(pageOf(organization).meta({ id: 'OrganizationPage' })) {}

export function toOrganizationQuery({
  id: ids,
  search,
  ...page
}: OrganizationQueryDto): OrganizationQuery & ListRequest {
  return { ...toListRequest('organizations', page, [search, identityOf(ids)]), ids, search };
}

export function toNewOrganization({ name, ...changes }: CreateOrganizationDto): NewOrganization {
  return { name, ...toOrganizationChanges(changes) };
}

export function toOrganizationChanges({ gateway_networks, ...changes }: UpdateOrganizationDto): OrganizationChanges {
  return { ...changes, ...(gateway_networks !== undefined && { gatewayNetworks: gateway_networks }) };
}

export function toOrganizationDto(row: OrganizationRow): OrganizationDto {
  return {
    id: row.id,
    name: row.name,
    metadata: row.metadata,
    gateway_networks: row.gatewayNetworks,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
