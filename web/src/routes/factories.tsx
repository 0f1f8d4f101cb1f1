import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { listFleetFactoriesOptions } from '../../.generated/@tanstack/react-query.gen';
import type { FleetFactory, FleetFactoryPage as Page, Organization } from '../../.generated/types.gen';
import { formatCount } from '../lib/format';
import { useOrganizationsOf } from '../lib/organizations';
import { useRefetchInterval } from '../live/live';
import { ButtonLink } from '../parts/button';
import { DataTable } from '../parts/data-table';
import type { Column } from '../parts/data-table';
import filters from '../parts/filters.module.css';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Pager } from '../parts/pager';
import { SearchBox } from '../parts/search-box';
import { StateBar } from '../parts/state-bar';
import { useSteadyRows } from '../parts/steady';
import { Lasting, LocalTime } from '../parts/time';
import { useMay } from '../shell/session';
import type { FactoriesSearch } from './factories-search';
import styles from './list.module.css';
import { NamedFilter } from './named-choice';
import { ORGANIZATIONS } from './named-sources';

/** All factories and how their gateways are, a page at a time. */
export function Factories() {
  const search = useSearch({ from: '/shell/factories' });
  const { q, organization, sort = 'name', page = 1, size = 50 } = search;
  const query = {
    limit: size,
    offset: (page - 1) * size,
    sort,
    ...(q !== undefined && { search: q }),
    ...(organization !== undefined && { organization_id: organization }),
  };
  const refetchInterval = useRefetchInterval();
  const { data, error, refetch } = useQuery({
    ...listFleetFactoriesOptions({ query }),
    placeholderData: keepPreviousData,
    refetchInterval,
  });
  const mayCreate = useMay('factories:write');
  return (
    <>
      <PageHead
        title="Factories"
        actions={
          mayCreate && (
            <ButtonLink to="/factories/new" search={{ organization }} look="primary" icon="plus">
              New factory
            </ButtonLink>
          )
        }
      />
      <Filters search={search} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={8} />}
      {data && <List page={data} search={search} />}
    </>
  );
}

function Filters({ search: { q, organization } }: { readonly search: FactoriesSearch }) {
  const navigate = useNavigate({ from: '/factories' });
  const change = useCallback(
    (changes: FactoriesSearch) => void navigate({ search: (old) => ({ ...old, ...changes, page: undefined }) }),
    [navigate],
  );
  const onSearch = useCallback((text: string | undefined) => change({ q: text }), [change]);
  return (
    <search className={filters.bar}>
      <SearchBox label="Search name" value={q} onSearch={onSearch} />
      <NamedFilter
        source={ORGANIZATIONS}
        none="Every organization"
        value={organization}
        onChoose={(id) => change({ organization: id })}
      />
    </search>
  );
}

function columnsOf(organizations: ReadonlyMap<string, Organization>): readonly Column<FleetFactory>[] {
  return [
    {
      id: 'name',
      head: 'Name',
      sort: 'name',
      isTitle: true,
      cell: ({ factory: { id, name } }) => (
        <Link to="/factories/$id" params={{ id }}>
          {name}
        </Link>
      ),
    },
    {
      id: 'organization',
      head: 'Organization',
      cell: ({ factory }) => organizations.get(factory.organization_id)?.name ?? '–',
    },
    {
      id: 'gateways',
      head: 'Gateways',
      align: 'end',
      cell: ({ total }) => <span className="live-count">{formatCount(total)}</span>,
    },
    { id: 'states', head: 'States', cell: ({ by_state: counts }) => <StateBar counts={counts} /> },
    {
      id: 'trouble',
      head: 'Not connected',
      sort: 'trouble',
      cell: ({ trouble, wanted }) => (
        <span className="live-count nowrap">
          {trouble === 0 ? '–' : `${formatCount(trouble)} of ${formatCount(wanted)} wanted`}
        </span>
      ),
    },
    {
      id: 'oldest',
      head: 'For',
      from: 1100,
      cell: ({ oldest_since: at, factory }) => <Lasting at={at} zone={factory.timezone} />,
    },
    { id: 'time', head: 'Local time', cell: ({ factory }) => <LocalTime zone={factory.timezone} /> },
    { id: 'zone', head: 'Time zone', from: 1300, cell: ({ factory }) => factory.timezone },
  ];
}

function List({ page, search }: { readonly page: Page; readonly search: FactoriesSearch }) {
  const navigate = useNavigate({ from: '/factories' });
  const organizations = useOrganizationsOf(page.data.map(({ factory }) => factory.organization_id));
  const { rows, watch } = useSteadyRows(
    JSON.stringify(search),
    page.data.map((row) => ({ ...row, id: row.factory.id })),
  );
  const change = (changes: FactoriesSearch): void => void navigate({ search: (old) => ({ ...old, ...changes }) });
  return (
    <div className={styles.list}>
      <div {...watch}>
        {rows.length === 0 ? (
          <NoFactories isFiltered={search.q !== undefined || search.organization !== undefined} />
        ) : (
          <DataTable
            label="Factories"
            columns={columnsOf(organizations)}
            rows={rows}
            keyOf={({ id }) => id}
            sort={search.sort ?? 'name'}
            onSort={(sort) => change({ sort: sort as FactoriesSearch['sort'], page: undefined })}
          />
        )}
      </div>
      <Pager
        pagination={page.pagination}
        onPage={(next) => change({ page: next === 1 ? undefined : next })}
        onSize={(size) => change({ size, page: undefined })}
      />
    </div>
  );
}

function NoFactories({ isFiltered }: { readonly isFiltered: boolean }) {
  const mayCreate = useMay('factories:write');
  if (isFiltered) return <EmptyState title="No factory matches." />;
  return (
    <EmptyState title="There is no factory yet.">
      <span>A factory belongs to an organization, and gateways belong to a factory.</span>
      {mayCreate && (
        <ButtonLink to="/factories/new" search={{}} icon="plus">
          Create the first one
        </ButtonLink>
      )}
    </EmptyState>
  );
}
