import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listConnectionsOptions, listFleetFactoriesOptions } from '../../.generated/@tanstack/react-query.gen';
import type { ConnectionStatus, FleetFactory, FleetSummary } from '../../.generated/types.gen';
import { ADVICE } from '../lib/advice';
import { formatCount } from '../lib/format';
import { useRefetchInterval } from '../live/live';
import { DataTable } from '../parts/data-table';
import type { Column } from '../parts/data-table';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { Panel } from '../parts/panel';
import { StateBar } from '../parts/state-bar';
import { StateChip } from '../parts/state-chip';
import { Ago, Lasting, LocalTime } from '../parts/time';
import list from './list.module.css';
import styles from './overview.module.css';

/** How many gateways in trouble are listed, the oldest trouble first; a link leads to the others. */
const LISTED = 10;
const TROUBLED = ['auth_failed', 'reconnecting'] as const;

const TROUBLE: readonly Column<ConnectionStatus>[] = [
  { id: 'state', head: 'State', isBadge: true, cell: ({ state }) => <StateChip state={state} /> },
  {
    id: 'name',
    head: 'Gateway',
    isTitle: true,
    cell: ({ id, name }) => (
      <Link to="/gateways/$id" params={{ id }}>
        {name}
      </Link>
    ),
  },
  { id: 'reason', head: 'Reason', cell: ({ reason }) => (reason ? ADVICE[reason.code].label : '–') },
  { id: 'since', head: 'For', cell: ({ since }) => <Lasting at={since} /> },
  { id: 'next', head: 'Next try', from: 1300, cell: ({ next_retry_at: at }) => <Ago at={at} /> },
];

/** The gateways that need somebody. */
export function Trouble() {
  const refetchInterval = useRefetchInterval();
  const { data, error } = useQuery({
    ...listConnectionsOptions({ query: { state: [...TROUBLED], sort: 'since', limit: LISTED } }),
    refetchInterval,
  });
  // A row that has recovered stays in the answer until the next one.
  const rows = data?.data.filter(({ state }) => state !== 'connected' && state !== 'disconnected') ?? [];
  const rest = (data?.pagination.total ?? 0) - LISTED;
  return (
    <Panel title="Needs attention" isFlush={rows.length > 0}>
      {error ? (
        <ErrorNotice error={error} />
      ) : !data ? (
        <Loading lines={3} />
      ) : rows.length === 0 ? (
        <EmptyState title="Every wanted gateway is connected or on its way." />
      ) : (
        <>
          <DataTable label="Gateways that need attention" columns={TROUBLE} rows={rows} keyOf={({ id }) => id} />
          {rest > 0 && (
            <p className={list.rest}>
              <Link to="/gateways" search={{ state: [...TROUBLED], sort: 'since' }}>
                {formatCount(rest)} more
              </Link>
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

/** Why gateways are not connected, the most frequent reason first. */
export function Reasons({ summary: { by_reason: reasons } }: { readonly summary: FleetSummary }) {
  return (
    <Panel title="Reasons">
      <ul className={styles.reasons}>
        {reasons.map(({ code, step, count }) => (
          <li key={`${code} ${step}`}>
            <Link to="/gateways" search={{ reason: [code] }}>
              {ADVICE[code].label}
            </Link>
            <span className="live-count">{formatCount(count)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const FACTORIES: readonly Column<FleetFactory>[] = [
  {
    id: 'name',
    head: 'Factory',
    isTitle: true,
    cell: ({ factory: { id, name } }) => (
      <Link to="/factories/$id" params={{ id }}>
        {name}
      </Link>
    ),
  },
  {
    id: 'trouble',
    head: 'Not connected',
    cell: ({ trouble, wanted }) => (
      <span className="live-count">
        {formatCount(trouble)} of {formatCount(wanted)}
      </span>
    ),
  },
  { id: 'bar', head: 'Gateways', cell: ({ by_state: counts }) => <StateBar counts={counts} /> },
  { id: 'oldest', head: 'Since', cell: ({ oldest_since: at, factory }) => <Lasting at={at} zone={factory.timezone} /> },
  { id: 'time', head: 'Local time', from: 1300, cell: ({ factory }) => <LocalTime zone={factory.timezone} /> },
];

/** The factories with gateways in trouble, the most of them first. */
export function TroubledFactories() {
  const refetchInterval = useRefetchInterval();
  const query = { sort: '-trouble', limit: LISTED } as const;
  const { data, error } = useQuery({ ...listFleetFactoriesOptions({ query }), refetchInterval });
  const rows = data?.data.filter(({ trouble }) => trouble > 0) ?? [];
  if (error) return <ErrorNotice what="The factories cannot be listed" error={error} />;
  if (rows.length === 0) return null;
  return (
    <Panel title="Factories in trouble" isFlush>
      <DataTable label="Factories in trouble" columns={FACTORIES} rows={rows} keyOf={({ factory }) => factory.id} />
    </Panel>
  );
}
