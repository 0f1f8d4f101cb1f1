import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { listGatewayEvents } from '../../.generated/sdk.gen';
import type { ConnectionEvent } from '../../.generated/types.gen';
import { ADVICE } from '../lib/advice';
import type { ReasonCode } from '../lib/advice';
import { formatDuration } from '../lib/format';
import { Button } from '../parts/button';
import { DataTable } from '../parts/data-table';
import type { Column } from '../parts/data-table';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { Panel } from '../parts/panel';
import { StateChip } from '../parts/state-chip';
import { Lasting, Moment } from '../parts/time';
import styles from './gateway.module.css';
import { ReasonFilter } from './reason-filter';

const ROWS = 20;

/** A change, and how long the state that it led to has lasted. */
interface Row extends ConnectionEvent {
  /** When the next change came; null: it lasts. */
  readonly until: string | null;
}

/** @param isWhole whether no event is left out, so that each lasts until the next one */
function columnsIn(zone: string | undefined, isWhole: boolean): readonly Column<Row>[] {
  const lasted = { id: 'lasted', head: 'Lasted', cell: (row: Row) => <Lasted {...row} zone={zone} /> };
  return [
    { id: 'at', head: 'At', isTitle: true, cell: ({ at }) => <Moment at={at} zone={zone} /> },
    { id: 'from', head: 'From', from: 1100, cell: ({ from }) => <StateChip state={from} /> },
    { id: 'to', head: 'To', isBadge: true, cell: ({ to }) => <StateChip state={to} /> },
    ...(isWhole ? [lasted] : []),
    {
      id: 'reason',
      head: 'Reason',
      cell: ({ reason }) => (reason ? <span title={reason.message}>{ADVICE[reason.code].label}</span> : '–'),
    },
    { id: 'attempt', head: 'Attempt', align: 'end', from: 1300, cell: ({ attempt }) => (attempt > 0 ? attempt : '') },
    { id: 'count', head: 'Changes', align: 'end', from: 1100, cell: ({ count }) => (count > 1 ? `×${count}` : '') },
  ];
}

interface HistoryProps {
  readonly id: string;
  readonly zone: string | undefined;
  /** The latest change of state: after it, there is a new row. */
  readonly since: string;
  /** Only what happened for these reasons. */
  readonly reasons: ReasonCode[] | undefined;
  readonly onReasons: (codes: ReasonCode[] | undefined) => void;
}

/** What happened to the connection, newest first. */
export function GatewayHistory({ id, zone, since, reasons, onReasons }: HistoryProps) {
  const { data, error, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['gateway-history', id, since, reasons],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor, signal }) =>
      (
        await listGatewayEvents({
          path: { id },
          query: {
            limit: ROWS,
            ...(cursor !== undefined && { cursor }),
            ...(reasons !== undefined && { reason_code: reasons }),
          },
          signal,
          throwOnError: true,
        })
      ).data,
    getNextPageParam: ({ pagination }) => pagination.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
  const events = data?.pages.flatMap((page) => page.data) ?? [];
  const rows = events.map((event, index): Row => ({ ...event, until: events[index - 1]?.first_at ?? null }));
  return (
    <Panel title="History" beside={<ReasonFilter value={reasons} onChoose={onReasons} />} isFlush={rows.length > 0}>
      {error && <ErrorNotice error={error} />}
      {!data && !error && <Loading />}
      {data && rows.length === 0 && (
        <EmptyState
          title={reasons ? 'Nothing has happened for this reason.' : 'Nothing has happened to this connection yet.'}
        />
      )}
      {rows.length > 0 && (
        <DataTable
          label="History of the connection"
          columns={columnsIn(zone, reasons === undefined)}
          rows={rows}
          keyOf={({ id: key }) => key}
        />
      )}
      {hasNextPage && (
        <div className={styles.more}>
          <Button isBusy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Older
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Lasted({ at, until, zone }: Pick<Row, 'at' | 'until'> & { readonly zone: string | undefined }) {
  if (until === null) return <Lasting at={at} zone={zone} />;
  return <span className="nowrap">{formatDuration(Date.parse(until) - Date.parse(at))}</span>;
}
