import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { listFleetOrganizationsOptions, listOrganizationsOptions } from '../../.generated/@tanstack/react-query.gen';
import type { FleetOrganization, Organization } from '../../.generated/types.gen';
import { KEPT_MS, MANY, searchByName, sortedIds } from './names';

/** The first organizations by name that contain a text; undefined while they are not known, or if nobody looks for one (null). */
export function useOrganizationSearch(text: string | null): readonly Organization[] | undefined {
  const { data } = useQuery({
    ...listOrganizationsOptions({ query: searchByName(text) }),
    enabled: text !== null,
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });
  return data?.data;
}

/** The organizations that the rows of a page belong to, by their ids, as far as they are known. */
export function useOrganizationsOf(ids: readonly string[]): ReadonlyMap<string, Organization> {
  const wanted = sortedIds(ids);
  const { data } = useQuery({
    ...listOrganizationsOptions({ query: { id: wanted, limit: MANY } }),
    enabled: wanted.length > 0,
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => new Map(data?.data.map((organization) => [organization.id, organization])), [data]);
}

/** How many factories and gateways the organizations of a page have, by their ids, as far as that is known. */
export function useFleetCountsOf(ids: readonly string[]): ReadonlyMap<string, FleetOrganization> {
  const wanted = sortedIds(ids);
  const { data } = useQuery({
    ...listFleetOrganizationsOptions({ query: { id: wanted, limit: MANY } }),
    enabled: wanted.length > 0,
    refetchInterval: KEPT_MS,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => new Map(data?.data.map((counted) => [counted.organization.id, counted])), [data]);
}
