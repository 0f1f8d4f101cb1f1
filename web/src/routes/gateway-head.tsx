import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { getGatewayStatusOptions } from '../../.generated/@tanstack/react-query.gen';
import { useRefetchInterval } from '../live/live';
import { ErrorNotice } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { StateChip } from '../parts/state-chip';
import { GatewayTabs } from './gateway-tabs';

/** The head of the pages about the readings of one gateway: its name and state, and the way to its other pages. */
export function GatewayHead({ id, actions }: { readonly id: string; readonly actions?: ReactNode }) {
  const refetchInterval = useRefetchInterval();
  const { data, error } = useQuery({ ...getGatewayStatusOptions({ path: { id } }), refetchInterval });
  return (
    <>
      <PageHead
        title={data?.name ?? 'Gateway'}
        above={<Link to="/gateways">Gateways</Link>}
        beside={data && <StateChip state={data.state} />}
        lede={data && <code>{data.gateway_id}</code>}
        actions={actions}
      />
      <GatewayTabs id={id} />
      {error && <ErrorNotice error={error} />}
    </>
  );
}
