import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { listConnectionsOptions } from '../../.generated/@tanstack/react-query.gen';
import type { ConnectionStatus } from '../../.generated/types.gen';
import { ADVICE } from '../lib/advice';
import { formatMs } from '../lib/format';
import { STATE_LOOKS, STATES } from '../lib/states';
import { useRefetchInterval } from '../live/live';
import { DataTable } from '../parts/data-table';
import type { Column } from '../parts/data-table';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Pager } from '../parts/pager';
import { StateChip } from '../parts/state-chip';
import { Ago, Lasting, Moment } from '../parts/time';
import styles from './gateways.module.css';

const COLUMNS: readonly Column<ConnectionStatus>[] = [
  { id: 'state', head: 'State', cell: ({ state }) => <StateChip state={state} /> },
  {
    id: 'name',
    head: 'Name',
    sort: 'name_ci',
    isTitle: true,
    cell: ({ id, name }) => (
      <Link to="/gateways/$id" params={{ id }}>
        {name}
      </Link>
    ),
  },
  { id: 'label', head: 'Gateway ID', cell: ({ gateway_id: label }) => <code>{label}</code> },
  { id: 'since', head: 'For', cell: ({ since }) => <Lasting at={since} /> },
  {
    id: 'reason',
    head: 'Reason',
    cell: ({ reason }) => (reason ? <span title={reason.message}>{ADVICE[reason.code].label}</span> : '–'),
  },
  { id: 'next', head: 'Next try', from: 1100, cell: ({ next_retry_at: at }) => <Ago at={at} /> },
  { id: 'message', head: 'Last message', from: 1100, cell: ({ last_message_at: at }) => <Ago at={at} /> },
  {
    id: 'latency',
    head: 'Latency',
    align: 'end',
    from: 1100,
    cell: ({ latency_ms: ms }) => (ms === null ? '–' : formatMs(ms)),
  },
  { id: 'reconnects', head: 'Reconnects', align: 'end', from: 1100, cell: ({ reconnects }) => reconnects },
];

/** All gateways, a page at a time. What is filtered, sorted and shown is in the address. */
export function Gateways() {
  const { state, sort = 'name_ci', page = 1, size = 50 } = useSearch({ from: '/shell/gateways' });
  const navigate = useNavigate({ from: '/gateways' });
  const refetchInterval = useRefetchInterval();
  const query = { limit: size, offset: (page - 1) * size, sort, ...(state && { state }) };
  const { data, error, refetch } = useQuery({ ...listConnectionsOptions({ query }), refetchInterval });
  const asOf = data?.data[0]?.as_of;
  return (
    <>
      <PageHead
        title="Gateways"
        lede={
          asOf && (
            <>
              As of <Moment at={asOf} />
            </>
          )
        }
      />
      <div className={styles.filters} role="group" aria-label="State">
        {[undefined, ...STATES].map((each) => (
          <Link
            key={each ?? 'all'}
            from="/gateways"
            to="/gateways"
            search={(old) => ({ ...old, state: each, page: undefined })}
            className={styles.filter}
            data-chosen={each === state || undefined}
            aria-current={each === state ? 'true' : undefined}
            activeProps={{}}
          >
            {each ? STATE_LOOKS[each].label : 'All'}
          </Link>
        ))}
      </div>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={8} />}
      {data && (
        <div className={styles.list}>
          {data.data.length === 0 ? (
            <NoGateways isFiltered={state !== undefined} />
          ) : (
            <DataTable
              label="Gateways"
              columns={COLUMNS}
              rows={data.data}
              keyOf={({ id }) => id}
              sort={sort}
              onSort={(next) =>
                void navigate({ search: (old) => ({ ...old, sort: next as typeof sort, page: undefined }) })
              }
            />
          )}
          <Pager
            pagination={data.pagination}
            onPage={(next) => void navigate({ search: (old) => ({ ...old, page: next === 1 ? undefined : next }) })}
            onSize={(next) => void navigate({ search: (old) => ({ ...old, size: next, page: undefined }) })}
          />
        </div>
      )}
    </>
  );
}

function NoGateways({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <EmptyState title="No gateway is in this state." />;
  return (
    <EmptyState title="No gateway is registered.">
      Create one with <code>POST /api/gateways</code>, or run <code>npm run demo</code> to see six simulated ones.
    </EmptyState>
  );
}
