import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { listFactoriesOptions } from '../../.generated/@tanstack/react-query.gen';
import type { Factory } from '../../.generated/types.gen';
import { KEPT_MS, MANY, searchByName, sortedIds } from './names';

/** The first factories by name that contain a text; undefined while they are not known, or if nobody looks for one (null). */
export function useFactorySearch(text: string | null): readonly Factory[] | undefined {
  const { data } = useQuery({
    ...listFactoriesOptions({ query: searchByName(text) }),
    enabled: text !== null,
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });
  return data?.data;
}

/** The factories that the rows of a page belong to, by their ids, as far as they are known. */
export function useFactoriesOf(ids: readonly string[]): ReadonlyMap<string, Factory> {
  const wanted = sortedIds(ids);
  const { data } = useQuery({
    ...listFactoriesOptions({ query: { id: wanted, limit: MANY } }),
    enabled: wanted.length > 0,
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => new Map(data?.data.map((factory) => [factory.id, factory])), [data]);
}
