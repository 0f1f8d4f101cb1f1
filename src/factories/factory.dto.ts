import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { id, idList, optionalText, requiredText, timestamp } from '../http/contract/fields';
import { metadata, storedMetadata } from '../http/contract/metadata';
import { identityOf, pageOf, sortedPageQuery, toListRequest } from '../http/contract/page.dto';
import type { ListRequest } from '../http/contract/page.dto';
import { updateOf } from '../http/contract/read-only';
import type { FactoryChanges, FactoryQuery, NewFactory } from './factories.repository';
import type { FactoryRow } from './factory.entity';
import { isKnownToNode, isTimeZone, NOT_A_TIME_ZONE } from './time-zone';

const aboutTimezone = {
  description: '`UTC` or an IANA name with an area; a new factory has `UTC` by default',
  example: 'Europe/Madrid',
};
const timezone = requiredText(100).refine(isTimeZone, NOT_A_TIME_ZONE).meta(aboutTimezone);
// The service accepts an older name only if it is the stored one.
const changedTimezone = requiredText(100).refine(isKnownToNode, NOT_A_TIME_ZONE).meta(aboutTimezone);

// No defaults here: partial() would apply them to fields that a change does not name.
const changeable = {
  name: requiredText(255).meta({ example: 'Springfield' }),
  location: optionalText(500).meta({ example: 'Hall 3' }),
  timezone,
  metadata,
};

export class CreateFactoryDto extends createZodDto(
  z
    .strictObject({ organization_id: id, ...changeable })
    .partial({ location: true, timezone: true, metadata: true })
    .meta({
      id: 'CreateFactory',
      example: {
        organization_id: '3f1c2a9e-5b7d-4c8a-9e21-6d0f8b4a7c35',
        name: 'Springfield',
        location: 'Hall 3',
        timezone: 'Europe/Madrid',
      },
    }),
) {}

export class FactoryQueryDto extends createZodDto(
  z.strictObject({
    ...sortedPageQuery,
    id: idList,
    organization_id: id.optional().meta({ description: 'Only factories of this organization' }),
    search: requiredText(255)
      .optional()
      .meta({ description: 'Only those whose name contains this text; case-insensitive' }),
  }),
) {}

const factory = z
  .object({
    id,
    organization_id: id,
    name: z.string().meta({ example: 'Springfield' }),
    location: z.string().nullable().meta({ example: 'Hall 3' }),
    timezone: z.string().meta({ example: 'Europe/Madrid' }),
    metadata: storedMetadata,
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Factory' });

export class UpdateFactoryDto extends createZodDto(
  updateOf(factory, { ...changeable, timezone: changedTimezone }).meta({
    id: 'UpdateFactory',
    example: { location: 'Hall 4' },
  }),
) {}

export class FactoryDto extends createZodDto(factory) {}

export class FactoryPageDto extends createZodDto(pageOf(factory).meta({ id: 'FactoryPage' })) {}

export function toNewFactory({ organization_id, ...body }: CreateFactoryDto): NewFactory {
  return { organizationId: organization_id, ...body };
}

export function toFactoryChanges({ organization_id, ...body }: UpdateFactoryDto): FactoryChanges {
  return { organizationId: organization_id, ...body };
}

export function toFactoryQuery({
  id: ids,
  organization_id,
  search,
  ...page
}: FactoryQueryDto): FactoryQuery & ListRequest {
  const list = toListRequest('factories', page, [organization_id, search, identityOf(ids)]);
  return { ...list, ids, organizationId: organization_id, search };
}

export function toFactoryDto(row: FactoryRow): FactoryDto {
  return {
    id: row.id,
    organization_id: row.organizationId,
    name: row.name,
    location: row.location,
    timezone: row.timezone,
    metadata: row.metadata,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
