import { useQuery } from '@tanstack/react-query';
import { listFactoriesOptions } from '../../.generated/@tanstack/react-query.gen';
import type { Factory } from '../../.generated/types.gen';

/** At most as many as the service returns at once. */
const MANY = 100;

/** The first factories by name, for choices and for the names of rows; undefined while they are not known. */
export function useFactories(): readonly Factory[] | undefined {
  const query = { limit: MANY, sort: 'name_ci' } as const;
  return useQuery({ ...listFactoriesOptions({ query }), staleTime: 30_000 }).data?.data;
}
