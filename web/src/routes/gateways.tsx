import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { ConnectionPage, ConnectionStatus } from '../../.generated/types.gen';
import { useFactoriesOf } from '../lib/factories';
import { countOf } from '../lib/format';
import { useListPreference } from '../lib/preferences';
import { useRefetchInterval } from '../live/live';
import { Button, ButtonLink } from '../parts/button';
import { ColumnChooser, chosenColumns } from '../parts/column-chooser';
import type { ShownColumns } from '../parts/column-chooser';
import { DataTable } from '../parts/data-table';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Pager } from '../parts/pager';
import { useSteadyRows } from '../parts/steady';
import { Moment } from '../parts/time';
import { useMay } from '../shell/session';
import { BulkActions } from './bulk-actions';
import type { Selection } from './bulk-orders';
import { gatewayColumns, GATEWAY_COLUMN_IDS, GATEWAY_COLUMNS } from './gateway-columns';
import { GatewayFilters } from './gateway-filters';
import { gatewaysQuery } from './gateways-query';
import type { GatewaysSearch } from './gateways-search';
import styles from './list.module.css';

/** How often a list is asked for whose order or members change with what is observed. */
const OBSERVED_MS = 5000;

/** All gateways, a page at a time. What is filtered, sorted and shown is in the address. */
export function Gateways() {
  const search = useSearch({ from: '/shell/gateways' });
  const usual = useRefetchInterval();
  const isObserved = search.sort !== undefined || search.state !== undefined || search.reason !== undefined;
  const { data, error, refetch } = useQuery({
    ...gatewaysQuery(search),
    refetchInterval: isObserved ? OBSERVED_MS : usual,
    placeholderData: keepPreviousData,
  });
  const asOf = data?.data[0]?.as_of;
  const mayCreate = useMay('gateways:write');
  const [shown, show] = useListPreference('gateway-columns', GATEWAY_COLUMN_IDS);
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
        actions={
          <>
            <ColumnChooser columns={GATEWAY_COLUMNS} shown={shown} onChoose={show} />
            {mayCreate && (
              <ButtonLink to="/gateways/new" search={{ factory: search.factory }} look="primary" icon="plus">
                New gateway
              </ButtonLink>
            )}
          </>
        }
      />
      <GatewayFilters search={search} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={8} />}
      {data && <List page={data} search={search} shown={shown} />}
    </>
  );
}

interface ListProps {
  readonly page: ConnectionPage;
  readonly search: GatewaysSearch;
  readonly shown: ShownColumns;
}

function List({ page, search, shown }: ListProps) {
  const navigate = useNavigate({ from: '/gateways' });
  const factories = useFactoriesOf(page.data.map(({ factory_id: id }) => id));
  const [selected, select] = useState<Selection>(new Map());
  const [mayOrder, mayWrite] = [useMay('connections:order'), useMay('gateways:write')];
  const maySelect = mayOrder || mayWrite;
  // The same objects while they say the same: otherwise, every row would be drawn again whenever one moves.
  const columns = useMemo(() => chosenColumns(gatewayColumns(factories), shown), [factories, shown]);
  const selection = useMemo(() => ({ chosen: selected, nameOf, onChange: select }), [selected]);
  const { rows, misplaced, release, watch } = useSteadyRows(JSON.stringify(search), page.data, selected.size > 0);
  const change = (changes: GatewaysSearch): void => void navigate({ search: (old) => ({ ...old, ...changes }) });
  return (
    <div className={styles.list}>
      <div {...watch}>
        {maySelect && <BulkActions selected={selected} onSelect={select} />}
        {rows.length === 0 ? (
          <NoGateways isFiltered={page.pagination.total > 0 || isFiltered(search)} />
        ) : (
          <DataTable
            label="Gateways"
            columns={columns}
            rows={rows}
            keyOf={({ id }) => id}
            sort={search.sort ?? 'name_ci'}
            onSort={(sort) => change({ sort: sort as GatewaysSearch['sort'], page: undefined })}
            selection={maySelect ? selection : undefined}
          />
        )}
      </div>
      {misplaced > 0 && (
        <p className={styles.order} role="status">
          {countOf(misplaced, 'row')} would move. <Button onClick={release}>Show the present order</Button>
        </p>
      )}
      <Pager
        pagination={page.pagination}
        onPage={(next) => change({ page: next === 1 ? undefined : next })}
        onSize={(size) => change({ size, page: undefined })}
      />
    </div>
  );
}

const nameOf = ({ name }: ConnectionStatus): string => name;

function isFiltered({ q, state, reason, factory, organization }: GatewaysSearch): boolean {
  return [q, state, reason, factory, organization].some((filter) => filter !== undefined);
}

function NoGateways({ isFiltered: some }: { readonly isFiltered: boolean }) {
  const mayCreate = useMay('gateways:write');
  if (some) {
    return (
      <EmptyState title="No gateway matches.">
        <Link to="/gateways" search={{}}>
          Show all gateways
        </Link>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No gateway is registered.">
      {mayCreate && (
        <ButtonLink to="/gateways/new" search={{}} icon="plus">
          Register the first one
        </ButtonLink>
      )}
      <span>
        To try the product without hardware, stop the service and start <code>npm run demo</code>, or simulate gateways
        with <code>npm run simulate</code>.
      </span>
    </EmptyState>
  );
}
