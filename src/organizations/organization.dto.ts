import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { id, requiredText, timestamp } from '../common/fields';
import { metadata, storedMetadata } from '../common/metadata';
import { pageOf, sortedPageQuery, toListRequest } from '../common/page.dto';
import type { ListRequest } from '../common/page.dto';
import type { Organization } from './organization.entity';
import type { OrganizationQuery } from './organizations.repository';

export class CreateOrganizationDto extends createZodDto(
  z
    .strictObject({ name: requiredText(255).meta({ example: 'Acme' }), metadata: metadata.optional() })
    .meta({ id: 'CreateOrganization', example: { name: 'Acme' } }),
) {}

export class OrganizationQueryDto extends createZodDto(
  z.strictObject({
    ...sortedPageQuery,
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
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Organization' });

export class OrganizationDto extends createZodDto(organization) {}

export class OrganizationPageDto extends createZodDto(pageOf(organization).meta({ id: 'OrganizationPage' })) {}

export function toOrganizationQuery({ search, ...page }: OrganizationQueryDto): OrganizationQuery & ListRequest {
  return { ...toListRequest('organizations', page, [search]), search };
}

export function toOrganizationDto(row: Organization): OrganizationDto {
  return {
    id: row.id,
    name: row.name,
    metadata: row.metadata,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
