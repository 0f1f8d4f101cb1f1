import { listConnectionsOptions } from '../../.generated/@tanstack/react-query.gen';
import type { GatewaysSearch } from './gateways-search';

/** What the API is asked for: the page of the list that the address describes. */
export function gatewaysQuery(search: GatewaysSearch) {
  const { q, state, reason, factory, organization, sort = 'name_ci', page = 1, size = 50 } = search;
  return listConnectionsOptions({
    query: {
      limit: size,
      offset: (page - 1) * size,
      sort,
      ...(q !== undefined && { search: q }),
      ...(state && { state }),
      ...(reason && { reason_code: reason }),
      ...(factory !== undefined && { factory_id: factory }),
      ...(organization !== undefined && { organization_id: organization }),
    },
  });
}
