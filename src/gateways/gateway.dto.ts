import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { id, idList, optionalText, queryFlag, requiredText, timestamp, verbatimText } from '../http/contract/fields';
import { metadata, storedMetadata } from '../http/contract/metadata';
import { identityOf, pageOf, sortedPageQuery, toListRequest } from '../http/contract/page.dto';
import type { ListRequest } from '../http/contract/page.dto';
import { changesTo, updateOf, withoutKept } from '../http/contract/read-only';
import { Secret } from '../crypto/secret';
import { isTimeZone, NOT_A_TIME_ZONE } from '../factories/time-zone';
import type { GatewayRow } from './gateway.entity';
import { storedTlsSettings, tlsSettings, toTlsSettings } from './gateway-tls.dto';
import { gatewayUrlProblem } from './gateway-url';
import type { GatewayChanges, GatewayQuery, NewGateway } from './gateways.repository';

const url = z
  .string()
  .trim()
  .max(500)
  .superRefine((text, context) => {
    const problem = gatewayUrlProblem(text);
    if (problem !== null) context.addIssue(problem);
  })
  .meta({ example: 'ws://10.0.0.7:5000' });

// What browsers accept in <input type=email>, which takes admin@localhost: HTML standard, section 4.10.5.1.5.
const email = z
  .string()
  .trim()
  .max(255)
  .regex(z.regexes.html5Email, 'must be an e-mail address')
  .meta({ format: 'email', example: 'ops@example.org' });

// Never trimmed: spaces may be part of it. No example on the field, because people might copy it into use.
const password = verbatimText(1024).meta({
  description: 'Encrypted at rest and never returned',
  format: 'password',
  writeOnly: true,
});

const aboutClockZone = {
  description:
    'The time zone of its clock: `UTC` or an IANA name with an area; null: that of its factory. When it changes, the times of stored ' +
    'readings are computed anew: see `zone_correction` of its completeness',
  example: 'Europe/Madrid',
};
const clockZone = optionalText(100)
  .refine((zone) => zone === null || isTimeZone(zone), NOT_A_TIME_ZONE)
  .meta(aboutClockZone);

const desiredState = z.enum(['connected', 'disconnected']).meta({
  description: 'Whether the service should hold a connection',
  example: 'connected',
});

// No defaults here: partial() would apply them to fields that a change does not name.
const changeable = {
  factory_id: id,
  gateway_id: requiredText(255).meta({ description: 'Label of the gateway; unique', example: 'GW-SPR-001' }),
  name: requiredText(255).meta({ example: 'Springfield north' }),
  url,
  email,
  password,
  tls: tlsSettings,
  model: optionalText(100).meta({ example: 'CTC Connect' }),
  firmware_version: optionalText(50).meta({ example: '2.4.1' }),
  clock_zone: clockZone,
  metadata,
};

export class CreateGatewayDto extends createZodDto(
  z
    .strictObject({ ...changeable, desired_state: desiredState.meta({ default: 'connected' }) })
    .partial({ tls: true, model: true, firmware_version: true, clock_zone: true, metadata: true, desired_state: true })
    .meta({
      id: 'CreateGateway',
      example: {
        factory_id: '3f1c2a9e-5b7d-4c8a-9e21-6d0f8b4a7c35',
        gateway_id: 'GW-SPR-001',
        name: 'Springfield north',
        url: 'ws://10.0.0.7:5000',
        email: 'ops@example.org',
        password: 'password-of-this-gateway',
      },
    }),
) {}

export class DuplicateQueryDto extends createZodDto(
  z.strictObject({
    allow_duplicate: queryFlag.meta({
      description: 'Allow another gateway with the same `url` and `email` in the organization',
    }),
  }),
) {}

export class GatewayQueryDto extends createZodDto(
  z.strictObject({
    ...sortedPageQuery,
    id: idList,
    factory_id: id.optional().meta({ description: 'Only gateways of this factory' }),
    search: requiredText(255)
      .optional()
      .meta({ description: 'Only those whose `name` or `gateway_id` contains this text; case-insensitive' }),
  }),
) {}

// Has no field that could reveal a secret.
const gateway = z
  .object({
    id,
    factory_id: id,
    gateway_id: z.string().meta({ example: 'GW-SPR-001' }),
    name: z.string().meta({ example: 'Springfield north' }),
    url: z.string().meta({ example: 'ws://10.0.0.7:5000' }),
    email: z.string().meta({ example: 'ops@example.org' }),
    tls: storedTlsSettings,
    model: z.string().nullable().meta({ example: 'CTC Connect' }),
    firmware_version: z.string().nullable().meta({ example: '2.4.1' }),
    clock_zone: z.string().nullable().meta(aboutClockZone),
    metadata: storedMetadata,
    desired_state: desiredState,
    last_seen_at: timestamp.nullable().meta({ description: 'When the gateway last gave a sign of life' }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Gateway' });

export class UpdateGatewayDto extends createZodDto(
  updateOf(gateway, changeable).meta({
    id: 'UpdateGateway',
    example: { name: 'Springfield south', url: 'ws://10.0.0.8:5000' },
  }),
) {}

/** Changes to test before they are stored. Without any, the stored values are tested. */
export class GatewayDraftDto extends createZodDto(
  changesTo(gateway, changeable)
    .overwrite(withoutKept)
    .prefault({})
    .meta({ id: 'GatewayDraft', example: { url: 'ws://10.0.0.8:5000', password: 'password-of-this-gateway' } }),
) {}

export class GatewayDto extends createZodDto(gateway) {}

export class GatewayPageDto extends createZodDto(pageOf(gateway).meta({ id: 'GatewayPage' })) {}

export function toNewGateway({ factory_id, desired_state, ...body }: CreateGatewayDto): NewGateway {
  const { gateway_id, firmware_version, clock_zone, password, tls, ...rest } = body;
  return {
    ...rest,
    ...(tls !== undefined && { tls: toTlsSettings(tls) }),
    factoryId: factory_id,
    label: gateway_id,
    firmwareVersion: firmware_version,
    clockZone: clock_zone,
    password: Secret.of(password),
    desiredState: desired_state,
  };
}

export function toGatewayChanges(body: UpdateGatewayDto): GatewayChanges {
  const { factory_id, gateway_id, firmware_version, clock_zone, desired_state, password, tls, ...rest } = body;
  return {
    ...rest,
    ...(tls !== undefined && { tls: toTlsSettings(tls) }),
    ...(factory_id !== undefined && { factoryId: factory_id }),
    ...(desired_state !== undefined && { desiredState: desired_state }),
    ...(gateway_id !== undefined && { label: gateway_id }),
    ...(firmware_version !== undefined && { firmwareVersion: firmware_version }),
    ...(clock_zone !== undefined && { clockZone: clock_zone }),
    ...(password !== undefined && { password: Secret.of(password) }),
  };
}

export function toGatewayQuery({ id: ids, factory_id, search, ...page }: GatewayQueryDto): GatewayQuery & ListRequest {
  const list = toListRequest('gateways', page, [factory_id, search, identityOf(ids)]);
  return { ...list, ids, factoryId: factory_id, search };
}

export function toGatewayDto(row: GatewayRow): GatewayDto {
  return {
    id: row.id,
    factory_id: row.factoryId,
    gateway_id: row.label,
    name: row.name,
    url: row.url,
    email: row.email,
    tls: row.tls,
    model: row.model,
    firmware_version: row.firmwareVersion,
    clock_zone: row.clockZone,
    metadata: row.metadata,
    desired_state: row.desiredState,
    last_seen_at: row.lastSeenAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
