import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getHealthOptions, listConnectionsOptions } from '../../.generated/@tanstack/react-query.gen';
import type { ConnectionState, ConnectionStatus } from '../../.generated/types.gen';
import { ADVICE } from '../lib/advice';
import { countOf, formatCount } from '../lib/format';
import { STATE_LOOKS, STATES } from '../lib/states';
import { useMoves, useRefetchInterval } from '../live/live';
import { DataTable } from '../parts/data-table';
import type { Column } from '../parts/data-table';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { StateBar } from '../parts/state-bar';
import { StateChip, StateShape } from '../parts/state-chip';
import { Ago, Lasting, Moment } from '../parts/time';
import styles from './overview.module.css';

/** How many gateways in trouble are listed, the oldest trouble first; a link leads to the others. */
const LISTED = 10;
const TROUBLED = ['auth_failed', 'reconnecting'] as const;

type Counts = Partial<Record<ConnectionState, number>>;

/** The whole fleet: how many gateways are in which state, which need somebody, and what happens now. */
export function Overview() {
  const refetchInterval = useRefetchInterval();
  const { data, error, refetch } = useQuery({ ...getHealthOptions(), refetchInterval });
  const counts = data?.connections;
  return (
    <>
      <PageHead
        title="Overview"
        lede={
          data && (
            <>
              {counts && <span className="live-count">{sentenceOf(counts)} </span>}
              <span className="nowrap">
                As of <Moment at={data.timestamp} />
              </span>
            </>
          )
        }
      />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {counts && <StateCounts counts={counts} />}
      <div className={styles.columns}>
        <Trouble />
        <Moves />
      </div>
    </>
  );
}

/** `4 of 6 wanted gateways are connected; 2 are not.` */
function sentenceOf(counts: Counts): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const wanted = total - (counts.disconnected ?? 0);
  if (total === 0) return 'No gateway is registered.';
  if (wanted === 0) return 'No gateway is wanted connected.';
  const connected = counts.connected ?? 0;
  const missing = wanted - connected;
  const rest = missing === 0 ? '' : `; ${formatCount(missing)} ${missing === 1 ? 'is' : 'are'} not`;
  return `${formatCount(connected)} of ${countOf(wanted, 'wanted gateway')} ${connected === 1 ? 'is' : 'are'} connected${rest}.`;
}

function StateCounts({ counts }: { readonly counts: Counts }) {
  return (
    <section aria-label="Gateways by state" className={styles.counts}>
      <StateBar counts={counts} />
      <ul className={styles.tiles}>
        {STATES.map((state) => (
          <li key={state}>
            <Link
              to="/gateways"
              search={{ state: [state] }}
              className={styles.tile}
              data-empty={!counts[state] || undefined}
            >
              <span className={styles.name}>
                <StateShape state={state} />
                {STATE_LOOKS[state].label}
              </span>
              <span className={`live-count ${styles.number}`}>{formatCount(counts[state] ?? 0)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

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

function Trouble() {
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
            <p className={styles.rest}>
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

function Moves() {
  const moves = useMoves();
  return (
    <Panel title="What happens now">
      {moves.length === 0 ? (
        <EmptyState title="Nothing has changed since this page was opened." />
      ) : (
        <ol className={styles.moves}>
          {moves.map(({ id, name, state, as_of: at }) => (
            <li key={`${id} ${at} ${state}`}>
              <StateChip state={state} />
              <Link to="/gateways/$id" params={{ id }} className={styles.who}>
                {name}
              </Link>
              <span className="muted">
                <Ago at={at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
