import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { listAuditRecords } from '../../.generated/sdk.gen';
import type { AuditRecord } from '../../.generated/types.gen';
import { Button } from '../parts/button';
import { Chip } from '../parts/chip';
import { DataTable } from '../parts/data-table';
import type { Column } from '../parts/data-table';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Moment } from '../parts/time';
import type { AuditSearch } from './audit-search';
import styles from './audit.module.css';
import list from './list.module.css';

const ROWS = 50;
/** Longer values are cut, with the whole one as the title. */
const SHOWN_CHARACTERS = 60;
const SHOWN_CHANGES = 3;

/** Who has changed and ordered what, newest first. Actions, actors and objects lead to all records of theirs. */
export function Audit() {
  const search = useSearch({ from: '/shell/settings/audit' });
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useRecords(search);
  const rows = data?.pages.flatMap((page) => page.data) ?? [];
  const isFiltered = [search.action, search.actor, search.object].some((filter) => filter !== undefined);
  return (
    <>
      <PageHead
        title="Audit log"
        lede={
          isFiltered ? (
            <>
              Only {describe(search)}.{' '}
              <Link to="/settings/audit" search={{}}>
                Show everything
              </Link>
            </>
          ) : (
            'Who has changed and ordered what, newest first.'
          )
        }
      />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={8} />}
      {data && (
        <div className={list.list}>
          {rows.length === 0 ? (
            <EmptyState title={isFiltered ? 'No record matches.' : 'Nothing has been changed or ordered yet.'} />
          ) : (
            <DataTable label="Audit log" columns={COLUMNS} rows={rows} keyOf={({ id }) => id} />
          )}
          {hasNextPage && (
            <p className={list.rest}>
              <Button isBusy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Older
              </Button>
            </p>
          )}
        </div>
      )}
    </>
  );
}

function useRecords({ action, actor, object }: AuditSearch) {
  const filters = {
    ...(action !== undefined && { action: action as AuditRecord['action'] }),
    ...(actor !== undefined && { actor_id: actor }),
    ...(object !== undefined && { object_id: object }),
  };
  return useInfiniteQuery({
    queryKey: ['audit', filters],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor, signal }) => {
      const query = { limit: ROWS, ...filters, ...(cursor !== undefined && { cursor }) };
      return (await listAuditRecords({ query, signal, throwOnError: true })).data;
    },
    getNextPageParam: ({ pagination }) => pagination.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
}

function describe({ action, actor, object }: AuditSearch): string {
  const parts = [
    action === undefined ? '' : `the action ${action}`,
    actor === undefined ? '' : 'one actor',
    object === undefined ? '' : 'one object',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

const COLUMNS: readonly Column<AuditRecord>[] = [
  { id: 'at', head: 'At', isTitle: true, cell: ({ at }) => <Moment at={at} /> },
  {
    id: 'actor',
    head: 'Who',
    cell: ({ actor: { id, name } }) => (
      <Link from="/settings/audit" to="/settings/audit" search={(old) => ({ ...old, actor: id })}>
        {name}
      </Link>
    ),
  },
  {
    id: 'action',
    head: 'Action',
    cell: ({ action, outcome }) => (
      <span className={styles.action}>
        <Link from="/settings/audit" to="/settings/audit" search={(old) => ({ ...old, action })}>
          {action}
        </Link>
        {outcome === 'refused' && <Chip tone="bad" icon="cross" label="Refused" />}
      </span>
    ),
  },
  { id: 'object', head: 'Object', cell: (record) => <Acted {...record} /> },
  { id: 'changes', head: 'Changes', cell: ({ changes }) => <Changes changes={changes} /> },
  { id: 'address', head: 'From', from: 1100, cell: ({ address }) => address ?? '–' },
];

/** The record knows ids only: the name may have changed since. */
function Acted({ object_type: type, object_id: id }: AuditRecord) {
  if (type === null || id === null) return <>–</>;
  return (
    <Link from="/settings/audit" to="/settings/audit" search={(old) => ({ ...old, object: id })} title={id}>
      {type.replaceAll('_', ' ')} {id.slice(-6)}
    </Link>
  );
}

function Changes({ changes }: Pick<AuditRecord, 'changes'>) {
  const entries = Object.entries(changes ?? {});
  if (entries.length === 0) return <>–</>;
  const rest = entries.slice(SHOWN_CHANGES);
  return (
    <div>
      <ChangeList entries={entries.slice(0, SHOWN_CHANGES)} />
      {rest.length > 0 && (
        <details className={styles.rest}>
          <summary>{rest.length} more</summary>
          <ChangeList entries={rest} />
        </details>
      )}
    </div>
  );
}

function ChangeList({ entries }: { readonly entries: readonly (readonly [string, readonly unknown[]])[] }) {
  return (
    <ul className={styles.changes}>
      {entries.map(([field, [before, after]]) => (
        <li key={field}>
          <code>{field}</code> {before !== null && <>{shown(before)} → </>}
          {shown(after)}
        </li>
      ))}
    </ul>
  );
}

function shown(value: unknown) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= SHOWN_CHARACTERS) return text;
  return <span title={text}>{text.slice(0, SHOWN_CHARACTERS)}…</span>;
}
