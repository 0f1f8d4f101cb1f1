import { useQuery } from '@tanstack/react-query';
import { listOrganizationsOptions } from '../../.generated/@tanstack/react-query.gen';
import type { Organization } from '../../.generated/types.gen';

/** At most as many as the service returns at once. */
const MANY = 100;

/** The first organizations by name, for choices and for the names of rows; undefined while they are not known. */
export function useOrganizations(): readonly Organization[] | undefined {
  const query = { limit: MANY, sort: 'name_ci' } as const;
  return useQuery({ ...listOrganizationsOptions({ query }), staleTime: 30_000 }).data?.data;
}
