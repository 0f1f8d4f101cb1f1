import { z } from 'zod';
import { id } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';
import type { ErrorCode } from '../common/error-codes';

/** Gateways of one order. */
export const MAX_ORDERED = 1000;

const REFUSALS = ['GATEWAY_NOT_FOUND', 'ACCOUNT_BUDGET_SPENT', 'OWNERSHIP_UNCERTAIN', 'OWNER_UNREACHABLE'] as const;

export class BulkOrderDto extends createZodDto(
  z
    .strictObject({
      action: z.enum(['connect', 'disconnect']),
      ids: z
        .array(id)
        .min(1)
        .max(MAX_ORDERED)
        .meta({ description: 'Of gateways (their UUIDs). Repeated ones count once' }),
    })
    .meta({ id: 'BulkOrder' }),
) {}

export class BulkOrderResultDto extends createZodDto(
  z
    .object({
      accepted: z.array(id).meta({ description: 'Gateways whose desired state is stored' }),
      failed: z
        .array(z.object({ id, code: z.enum(REFUSALS) }))
        .meta({ description: 'Gateways whose desired state is as before, and why' }),
    })
    .meta({ id: 'BulkOrderResult' }),
) {}

export function toBulkOrderResultDto(
  ids: readonly string[],
  refusals: ReadonlyMap<string, ErrorCode>,
): BulkOrderResultDto {
  return {
    accepted: ids.filter((id) => !refusals.has(id)),
    failed: ids.flatMap((id) => {
      const code = REFUSALS.find((each) => each === refusals.get(id));
      return code ? [{ id, code }] : [];
    }),
  };
}
