import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { listFactoriesOptions } from '../../.generated/@tanstack/react-query.gen';
import type { Factory, FactoryPage as Page, Organization } from '../../.generated/types.gen';
import { useOrganizations } from '../lib/organizations';
import { ButtonLink } from '../parts/button';
import { DataTable } from '../parts/data-table';
import type { Column } from '../parts/data-table';
import filters from '../parts/filters.module.css';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Pager } from '../parts/pager';
import { SearchBox } from '../parts/search-box';
import { LocalTime } from '../parts/time';
import type { NamesSearch } from './names-search';
import { useMay } from '../shell/session';
import styles from './list.module.css';

/** All factories, a page at a time. */
export function Factories() {
  const search = useSearch({ from: '/shell/factories' });
  const { q, organization, page = 1, size = 50 } = search;
  const query = {
    limit: size,
    offset: (page - 1) * size,
    sort: 'name_ci' as const,
    ...(q !== undefined && { search: q }),
    ...(organization !== undefined && { organization_id: organization }),
  };
  const { data, error, refetch } = useQuery({
    ...listFactoriesOptions({ query }),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
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

function Filters({ search: { q, organization } }: { readonly search: NamesSearch }) {
  const navigate = useNavigate({ from: '/factories' });
  const organizations = useOrganizations();
  const change = useCallback(
    (changes: NamesSearch) => void navigate({ search: (old) => ({ ...old, ...changes, page: undefined }) }),
    [navigate],
  );
  const onSearch = useCallback((text: string | undefined) => change({ q: text }), [change]);
  return (
    <search className={filters.bar}>
      <SearchBox label="Search name" value={q} onSearch={onSearch} />
      <select
        aria-label="Organization"
        value={organization ?? ''}
        onChange={({ target }) => change({ organization: target.value === '' ? undefined : target.value })}
      >
        <option value="">Every organization</option>
        {organizations?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </search>
  );
}

function columnsOf(organizations: readonly Organization[] | undefined): readonly Column<Factory>[] {
  const names = new Map(organizations?.map(({ id, name }) => [id, name]));
  return [
    {
      id: 'name',
      head: 'Name',
      isTitle: true,
      cell: ({ id, name }) => (
        <Link to="/factories/$id" params={{ id }}>
          {name}
        </Link>
      ),
    },
    { id: 'organization', head: 'Organization', cell: ({ organization_id: id }) => names.get(id) ?? '–' },
    { id: 'location', head: 'Location', cell: ({ location }) => location ?? '–' },
    { id: 'time', head: 'Local time', cell: ({ timezone }) => <LocalTime zone={timezone} /> },
    { id: 'zone', head: 'Time zone', from: 1100, cell: ({ timezone }) => timezone },
  ];
}

function List({ page, search }: { readonly page: Page; readonly search: NamesSearch }) {
  const navigate = useNavigate({ from: '/factories' });
  const organizations = useOrganizations();
  const change = (changes: NamesSearch): void => void navigate({ search: (old) => ({ ...old, ...changes }) });
  return (
    <div className={styles.list}>
      {page.data.length === 0 ? (
        <NoFactories isFiltered={search.q !== undefined || search.organization !== undefined} />
      ) : (
        <DataTable label="Factories" columns={columnsOf(organizations)} rows={page.data} keyOf={({ id }) => id} />
      )}
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
