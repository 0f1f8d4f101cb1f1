import { useQuery } from '@tanstack/react-query';
import { listFactoriesOptions, listGatewaysOptions } from '../../.generated/@tanstack/react-query.gen';
import { MANY, sortedIds } from './names';

/** Names and zones change rarely. */
const KEPT_MS = 300_000;

/** Where a sensor is: its gateway, and the factory of that. Empty while it is not known. */
export interface Place {
  readonly gateway?: string | undefined;
  readonly factory?: string | undefined;
  readonly zone?: string | undefined;
}

/** Where the sensors of these gateways are, by the ids of the gateways. @param gatewayIds those of one page, so at most 100 different ones */
export function usePlaces(gatewayIds: readonly string[]): ReadonlyMap<string, Place> {
  const gateways = useQuery({ ...listGatewaysOptions({ query: rowsOf(gatewayIds) }), ...whenAny(gatewayIds) }).data;
  const factoryIds = gateways?.data.map(({ factory_id: id }) => id) ?? [];
  const factories = useQuery({ ...listFactoriesOptions({ query: rowsOf(factoryIds) }), ...whenAny(factoryIds) }).data;
  const factoryOf = new Map(factories?.data.map((factory) => [factory.id, factory]));
  return new Map(
    gateways?.data.map(({ id, name, factory_id: factoryId }) => {
      const factory = factoryOf.get(factoryId);
      return [id, { gateway: name, factory: factory?.name, zone: factory?.timezone }];
    }),
  );
}

const rowsOf = (ids: readonly string[]) => ({ id: sortedIds(ids), limit: MANY });
const whenAny = (ids: readonly string[]) => ({ enabled: ids.length > 0, staleTime: KEPT_MS });
