import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { listFactoriesOptions } from '../../.generated/@tanstack/react-query.gen';
import type { Factory } from '../../.generated/types.gen';

/** At most as many as the service returns at once. */
const MANY = 100;
/** Names and zones change rarely. */
const KEPT_MS = 30_000;

/** The first factories by name, to choose from; undefined while they are not known. */
export function useFactories(): readonly Factory[] | undefined {
  const query = { limit: MANY, sort: 'name_ci' } as const;
  return useQuery({ ...listFactoriesOptions({ query }), staleTime: KEPT_MS }).data?.data;
}

/** The factories that the rows of a page belong to, by their ids, as far as they are known. */
export function useFactoriesOf(ids: readonly string[]): ReadonlyMap<string, Factory> {
  const wanted = [...new Set(ids)].toSorted().slice(0, MANY);
  const { data } = useQuery({
    ...listFactoriesOptions({ query: { id: wanted, limit: MANY } }),
    enabled: wanted.length > 0,
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });
  return new Map(data?.data.map((factory) => [factory.id, factory]));
}
