import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { queryFlag } from '../../common/fields';
import { Secret } from '../../crypto/secret';
import type { CreateGatewayDto, GatewayDraftDto } from '../../gateways/gateway.dto';
import { toTlsSettings } from '../../gateways/gateway-tls.dto';
import { STEPS } from '../connection-state';
import { reason } from '../connection-status.dto';
import type { TestResult } from './connection-tests.service';
import type { Candidate } from './ladder';

export class ConnectionTestQueryDto extends createZodDto(
  z.strictObject({
    force: queryFlag.meta({ description: 'Also beside the session of the gateway, on a second socket' }),
  }),
) {}

const rung = z
  .object({
    step: z.enum(STEPS),
    ok: z.boolean(),
    ms: z.number().meta({ description: 'How long it took, in milliseconds' }),
    reason: reason.nullable().meta({ description: 'Why it broke' }),
  })
  .meta({ id: 'TestRung' });

export class ConnectionTestDto extends createZodDto(
  z
    .object({
      ok: z.boolean().meta({ description: 'Whether every rung held' }),
      rungs: z.array(rung).meta({ description: 'In the order of the climb, as far as it went' }),
    })
    .meta({ id: 'ConnectionTest' }),
) {}

export function toCandidate({ url, tls = null, email, password }: CreateGatewayDto): Candidate {
  return { url, tls: toTlsSettings(tls), email, password: Secret.of(password) };
}

/** What of the stored values is tried otherwise. */
export function toCandidateChanges({ url, tls, email, password }: GatewayDraftDto): Partial<Candidate> {
  return {
    ...(url !== undefined && { url }),
    ...(tls !== undefined && { tls: toTlsSettings(tls) }),
    ...(email !== undefined && { email }),
    ...(password !== undefined && { password: Secret.of(password) }),
  };
}

export function toConnectionTestDto({ ok, rungs }: TestResult): ConnectionTestDto {
  return { ok, rungs: [...rungs] };
}
