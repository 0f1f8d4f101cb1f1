import { useQueries } from '@tanstack/react-query';
import { getFactoryOptions, getGatewayOptions } from '../../.generated/@tanstack/react-query.gen';

/** Names and zones change rarely. */
const KEPT_MS = 300_000;

/** Where a sensor is: its gateway, and the factory of that. Empty while it is not known. */
export interface Place {
  readonly gateway?: string | undefined;
  readonly factory?: string | undefined;
  readonly zone?: string | undefined;
}

/** Where the sensors of these gateways are, by the ids of the gateways. */
export function usePlaces(gatewayIds: readonly string[]): ReadonlyMap<string, Place> {
  const gateways = useQueries({
    queries: [...new Set(gatewayIds)].map((id) => ({ ...getGatewayOptions({ path: { id } }), staleTime: KEPT_MS })),
  }).flatMap(({ data }) => data ?? []);
  const factoryIds = [...new Set(gateways.map(({ factory_id: id }) => id))];
  const factories = new Map(
    useQueries({
      queries: factoryIds.map((id) => ({ ...getFactoryOptions({ path: { id } }), staleTime: KEPT_MS })),
    }).flatMap(({ data }) => (data ? [[data.id, data] as const] : [])),
  );
  return new Map(
    gateways.map(({ id, name, factory_id: factoryId }) => {
      const factory = factories.get(factoryId);
      return [id, { gateway: name, factory: factory?.name, zone: factory?.timezone }];
    }),
  );
}
