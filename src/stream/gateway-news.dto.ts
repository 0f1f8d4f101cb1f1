import { z } from 'zod';
import { id } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';
import type { GatewayNews } from '../status/connection.registry';

export class GatewayNewsDto extends createZodDto(
  z
    .object({
      id,
      gateway_id: z.string().meta({ example: 'GW-SPR-001' }),
      name: z.string().meta({ example: 'Springfield north' }),
      factory_id: id,
      organization_id: id,
      desired_state: z.enum(['connected', 'disconnected']),
      revision: z.int().meta({ description: 'Of the row: that of its `ETag`', example: 3 }),
    })
    .meta({ id: 'GatewayNews', description: 'A gateway as it is now; of a deleted one, as it was last' }),
) {}

export function toGatewayNewsDto({ gateway }: GatewayNews): GatewayNewsDto {
  return {
    id: gateway.id,
    gateway_id: gateway.label,
    name: gateway.name,
    factory_id: gateway.factoryId,
    organization_id: gateway.organizationId,
    desired_state: gateway.desiredState,
    revision: gateway.revision,
  };
}
