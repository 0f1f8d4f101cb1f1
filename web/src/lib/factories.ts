import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { listFactoriesOptions } from '../../.generated/@tanstack/react-query.gen';
import type { Factory } from '../../.generated/types.gen';

/** At most as many as the service returns at once. */
const MANY = 100;
/** Options of a choice: who does not see the right one types more of its name. */
const OFFERED = 20;
/** Names and zones change rarely. */
const KEPT_MS = 30_000;

/** The first factories by name that contain a text; undefined while they are not known, or if nobody looks for one (null). */
export function useFactorySearch(text: string | null): readonly Factory[] | undefined {
  const search = text?.trim() ?? '';
  const query = { limit: OFFERED, sort: 'name_ci', ...(search !== '' && { search }) } as const;
  const { data } = useQuery({
    ...listFactoriesOptions({ query }),
    enabled: text !== null,
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });
  return data?.data;
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
  return useMemo(() => new Map(data?.data.map((factory) => [factory.id, factory])), [data]);
}
