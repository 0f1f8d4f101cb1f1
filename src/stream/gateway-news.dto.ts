import type { DesiredState } from '../events/domain-events';
import type { GatewayNews } from '../status/connection.registry';

/**
 * The data of an event about a gateway: as it is now, or for a deleted one, as it was last. No component of the OpenAPI document, which can
 * describe one schema for the events of a stream: that of the statuses.
 */
export interface GatewayNewsDto {
  readonly id: string;
  readonly gateway_id: string;
  readonly name: string;
  readonly factory_id: string;
  readonly organization_id: string;
  readonly desired_state: DesiredState;
  readonly revision: number;
}

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
