import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { queryFlag } from '../http/contract/fields';
import { Secret } from '../crypto/secret';
import type { CreateGatewayDto, GatewayDraftDto } from '../gateways/gateway.dto';
import { toTlsSettings } from '../gateways/gateway-tls.dto';
import { STEPS } from '../gateway-client/failure/failure';
import { reason } from '../status/connection-status.dto';
import type { TestResult } from './connection-tests.service';
import type { Candidate, Draft } from './connection-test';

export class ConnectionTestQueryDto extends createZodDto(
  z.strictObject({
    force: queryFlag.meta({ description: 'Test even if the gateway has a session, on a second socket' }),
  }),
) {}

const testStep = z
  .object({
    step: z.enum(STEPS).meta({ example: 'tcp' }),
    ok: z.boolean().meta({ description: 'Whether the step succeeded' }),
    ms: z.number().meta({ description: 'Duration in milliseconds', example: 3.2 }),
    reason: reason.nullable().meta({ description: 'Why the step failed; null if it succeeded' }),
  })
  .meta({ id: 'TestRung' });

export class ConnectionTestDto extends createZodDto(
  z
    .object({
      ok: z.boolean().meta({ description: 'Whether every step succeeded' }),
      rungs: z.array(testStep).meta({ description: 'The steps in the order run, up to the first failure' }),
    })
    .meta({ id: 'ConnectionTest' }),
) {}

export function toDraft({ factory_id, url, tls = null, email, password }: CreateGatewayDto): Draft {
  return { factoryId: factory_id, url, tls: toTlsSettings(tls), email, password: Secret.of(password) };
}

/** The values to test in place of the stored ones. */
export function toCandidateChanges({ url, tls, email, password }: GatewayDraftDto): Partial<Candidate> {
  return {
    ...(url !== undefined && { url }),
    ...(tls !== undefined && { tls: toTlsSettings(tls) }),
    ...(email !== undefined && { email }),
    ...(password !== undefined && { password: Secret.of(password) }),
  };
}

export function toConnectionTestDto({ ok, steps }: TestResult): ConnectionTestDto {
  return { ok, rungs: [...steps] };
}
