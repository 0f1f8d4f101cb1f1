import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import {
  getFactoryOptions,
  getFleetSummaryOptions,
  listConnectionsOptions,
} from '../../.generated/@tanstack/react-query.gen';
import { deleteFactory } from '../../.generated/sdk.gen';
import type { Factory } from '../../.generated/types.gen';
import { countOf, formatCount } from '../lib/format';
import { useOrganizationsOf } from '../lib/organizations';
import { useRefetchInterval } from '../live/live';
import { ButtonLink } from '../parts/button';
import { DataTable } from '../parts/data-table';
import { DeleteButton } from '../parts/delete-button';
import { Facts } from '../parts/facts';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { useSteadyRows } from '../parts/steady';
import { LocalTime, Moment } from '../parts/time';
import { useMay } from '../shell/session';
import { FactoryCompleteness } from './completeness/factory-completeness';
import { gatewayColumns } from './gateway-columns';
import { StateCounts } from './state-counts';
import styles from './list.module.css';

/** How many of its gateways the page shows; a link leads to all of them. */
const LISTED = 25;

/** One factory: where it is, and its gateways, those in trouble first. */
export function FactoryPage() {
  const { id } = useParams({ from: '/shell/factories/$id' });
  const { data, error, refetch } = useQuery(getFactoryOptions({ path: { id } }));
  const mayRead = useMay('readings:read');
  const above = <Link to="/factories">Factories</Link>;
  if (!data) {
    return (
      <>
        <PageHead title="Factory" above={above} />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Loading />}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={data.name}
        above={above}
        lede={
          <>
            Local time <LocalTime zone={data.timezone} /> · {data.timezone}
          </>
        }
        actions={<Actions factory={data} />}
      />
      <Counts factoryId={id} />
      <div className="stack">
        <Gateways key={id} factory={data} />
        {mayRead && <FactoryCompleteness id={id} zone={data.timezone} />}
        <About factory={data} />
      </div>
    </>
  );
}

function Counts({ factoryId }: { readonly factoryId: string }) {
  const refetchInterval = useRefetchInterval();
  const { data } = useQuery({ ...getFleetSummaryOptions({ query: { factory_id: factoryId } }), refetchInterval });
  return data && data.total > 0 ? <StateCounts counts={data.by_state} within={{ factory: factoryId }} /> : null;
}

function Gateways({ factory }: { readonly factory: Factory }) {
  const { data, error, total } = useGatewaysOf(factory.id);
  const { rows, watch } = useSteadyRows(factory.id, data ?? []);
  const mayCreate = useMay('gateways:write');
  return (
    <Panel
      title="Gateways"
      isFlush={rows.length > 0}
      beside={
        mayCreate && (
          <ButtonLink to="/gateways/new" search={{ factory: factory.id }} icon="plus">
            New gateway
          </ButtonLink>
        )
      }
    >
      {error && <ErrorNotice error={error} />}
      {!data && !error && <Loading />}
      {data && rows.length === 0 && <EmptyState title="This factory has no gateway." />}
      {rows.length > 0 && (
        <div {...watch}>
          <DataTable
            label="Gateways of the factory"
            columns={gatewayColumns(new Map([[factory.id, factory]])).filter(({ id }) => id !== 'factory')}
            rows={rows}
            keyOf={({ id }) => id}
          />
        </div>
      )}
      {total > 0 && (
        <p className={styles.rest}>
          <Link to="/gateways" search={{ factory: factory.id }}>
            {total > LISTED ? `All ${formatCount(total)} in the list` : 'Show in the list'}
          </Link>
        </p>
      )}
    </Panel>
  );
}

function useGatewaysOf(factoryId: string) {
  const refetchInterval = useRefetchInterval();
  const query = { factory_id: factoryId, sort: '-state', limit: LISTED } as const;
  const { data, error } = useQuery({ ...listConnectionsOptions({ query }), refetchInterval });
  return { data: data?.data, error, total: data?.pagination.total ?? 0 };
}

function About({ factory }: { readonly factory: Factory }) {
  const { organization_id: owner, location, timezone, metadata, created_at: created, updated_at: updated } = factory;
  const organizations = useOrganizationsOf([owner]);
  return (
    <Panel title="Facts">
      <Facts
        facts={[
          ['Organization', organizations.get(owner)?.name ?? null],
          ['Location', location],
          ['Time zone', timezone],
          ['Metadata', Object.keys(metadata).length === 0 ? null : <code key="json">{JSON.stringify(metadata)}</code>],
          ['Created', <Moment key="created" at={created} zone={timezone} />],
          ['Changed', <Moment key="updated" at={updated} zone={timezone} />],
        ]}
      />
    </Panel>
  );
}

function Actions({ factory: { id, name } }: { readonly factory: Factory }) {
  const navigate = useNavigate();
  const { total } = useGatewaysOf(id);
  if (!useMay('factories:write')) return null;
  return (
    <>
      <ButtonLink to="/factories/$id/edit" params={{ id }} data-key="e">
        Edit
      </ButtonLink>
      <DeleteButton
        noun="factory"
        name={name}
        isTyped
        onDelete={() => deleteFactory({ path: { id }, headers: { 'If-Match': '*' }, throwOnError: true })}
        onDeleted={() => navigate({ to: '/factories' })}
      >
        <p>
          {total === 0
            ? 'It has no gateways.'
            : `Its ${countOf(total, 'gateway')} are deleted with it, and their sessions end.`}{' '}
          The console cannot bring it back.
        </p>
      </DeleteButton>
    </>
  );
}
