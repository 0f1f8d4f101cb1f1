import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { listOrganizationsOptions } from '../../.generated/@tanstack/react-query.gen';
import type { FleetOrganization, Organization, OrganizationPage } from '../../.generated/types.gen';
import { formatCount } from '../lib/format';
import { useFleetCountsOf } from '../lib/organizations';
import { ButtonLink } from '../parts/button';
import { DataTable } from '../parts/data-table';
import type { Column } from '../parts/data-table';
import filters from '../parts/filters.module.css';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Pager } from '../parts/pager';
import { SearchBox } from '../parts/search-box';
import { StateBar } from '../parts/state-bar';
import { Moment } from '../parts/time';
import { useMay } from '../shell/session';
import styles from './list.module.css';

/** All organizations, a page at a time. */
export function Organizations() {
  const { q, page = 1, size = 50 } = useSearch({ from: '/shell/organizations' });
  const navigate = useNavigate({ from: '/organizations' });
  const query = {
    limit: size,
    offset: (page - 1) * size,
    sort: 'name_ci' as const,
    ...(q !== undefined && { search: q }),
  };
  const { data, error, refetch } = useQuery({
    ...listOrganizationsOptions({ query }),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
  const onSearch = useCallback(
    (text: string | undefined) => void navigate({ search: (old) => ({ ...old, q: text, page: undefined }) }),
    [navigate],
  );
  const mayWrite = useMay('organizations:write');
  return (
    <>
      <PageHead
        title="Organizations"
        actions={
          mayWrite && (
            <ButtonLink to="/organizations/new" look="primary" icon="plus">
              New organization
            </ButtonLink>
          )
        }
      />
      <search className={filters.bar}>
        <SearchBox label="Search name" value={q} onSearch={onSearch} />
      </search>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && <List page={data} isFiltered={q !== undefined} mayWrite={mayWrite} />}
    </>
  );
}

type Counts = ReadonlyMap<string, FleetOrganization>;

function columnsFor(mayWrite: boolean, counts: Counts): readonly Column<Organization>[] {
  const countOf = (count: number | undefined) => (
    <span className="live-count">{count === undefined ? '–' : formatCount(count)}</span>
  );
  return [
    {
      id: 'name',
      head: 'Name',
      isTitle: true,
      cell: ({ id, name }) => (
        <Link to="/factories" search={{ organization: id }} title="Its factories">
          {name}
        </Link>
      ),
    },
    { id: 'factories', head: 'Factories', align: 'end', cell: ({ id }) => countOf(counts.get(id)?.factories) },
    { id: 'gateways', head: 'Gateways', align: 'end', cell: ({ id }) => countOf(counts.get(id)?.total) },
    {
      id: 'states',
      head: 'States',
      from: 1100,
      cell: ({ id }) => <StateBar counts={counts.get(id)?.by_state ?? {}} />,
    },
    { id: 'trouble', head: 'Not connected', align: 'end', cell: ({ id }) => countOf(counts.get(id)?.trouble) },
    {
      id: 'networks',
      head: 'Networks of its gateways',
      cell: ({ gateway_networks: networks }) => (networks ? <code>{networks.join(' ')}</code> : 'Any'),
    },
    { id: 'updated', head: 'Changed', from: 1100, cell: ({ updated_at: at }) => <Moment at={at} /> },
    ...(mayWrite
      ? [{ id: 'edit', head: '', align: 'end' as const, cell: (row: Organization) => <Edit {...row} /> }]
      : []),
  ];
}

function Edit({ id, name }: Organization) {
  return (
    <Link to="/organizations/$id/edit" params={{ id }} aria-label={`Edit ${name}`}>
      Edit
    </Link>
  );
}

interface ListProps {
  readonly page: OrganizationPage;
  readonly isFiltered: boolean;
  readonly mayWrite: boolean;
}

function List({ page, isFiltered, mayWrite }: ListProps) {
  const navigate = useNavigate({ from: '/organizations' });
  const counts = useFleetCountsOf(page.data.map(({ id }) => id));
  return (
    <div className={styles.list}>
      {page.data.length === 0 ? (
        <EmptyState title={isFiltered ? 'No organization matches.' : 'There is no organization yet.'}>
          {!isFiltered && mayWrite && (
            <ButtonLink to="/organizations/new" icon="plus">
              Create the first one
            </ButtonLink>
          )}
        </EmptyState>
      ) : (
        <DataTable
          label="Organizations"
          columns={columnsFor(mayWrite, counts)}
          rows={page.data}
          keyOf={({ id }) => id}
        />
      )}
      <Pager
        pagination={page.pagination}
        onPage={(next) => void navigate({ search: (old) => ({ ...old, page: next === 1 ? undefined : next }) })}
        onSize={(size) => void navigate({ search: (old) => ({ ...old, size, page: undefined }) })}
      />
    </div>
  );
}
