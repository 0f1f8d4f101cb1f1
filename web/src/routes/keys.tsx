import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { listKeysOptions } from '../../.generated/@tanstack/react-query.gen';
import { revokeKey } from '../../.generated/sdk.gen';
import type { Key, KeyPage, Organization } from '../../.generated/types.gen';
import { useOrganizationsOf } from '../lib/organizations';
import type { Tone } from '../lib/states';
import { ButtonLink } from '../parts/button';
import { Chip } from '../parts/chip';
import { DataTable } from '../parts/data-table';
import type { Column } from '../parts/data-table';
import { DeleteButton } from '../parts/delete-button';
import filters from '../parts/filters.module.css';
import type { IconName } from '../parts/icon';
import { EmptyState, ErrorNotice, Loading, Notice } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Pager } from '../parts/pager';
import { Ago, Moment } from '../parts/time';
import type { KeysSearch } from './keys-search';
import { useMay, useSession } from '../shell/session';
import styles from './list.module.css';

/** The API keys. Their secrets are shown once, when they are created. */
export function Keys() {
  const { state = 'active', page = 1, size = 50 } = useSearch({ from: '/shell/settings/keys' });
  const navigate = useNavigate({ from: '/settings/keys' });
  const { data, error, refetch } = useQuery({
    ...listKeysOptions({ query: { state, limit: size, offset: (page - 1) * size } }),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
  const session = useSession();
  const mayWrite = useMay('keys:write');
  return (
    <>
      <PageHead
        title="API keys"
        actions={
          mayWrite && (
            <ButtonLink to="/settings/keys/new" look="primary" icon="plus">
              New key
            </ButtonLink>
          )
        }
      />
      <div className={styles.notices}>
        {session.data?.auth === 'off' && (
          <Notice tone="warn">
            <p>This service asks nobody for a key (AUTH=off): whoever reaches it may do everything.</p>
          </Notice>
        )}
        {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      </div>
      <div className={filters.bar}>
        <select
          aria-label="State"
          value={state}
          onChange={({ target }) => void navigate({ search: { state: target.value as KeysSearch['state'] } })}
        >
          <option value="active">Active keys</option>
          <option value="expired">Expired keys</option>
          <option value="revoked">Revoked keys</option>
        </select>
      </div>
      {!data && !error && <Loading />}
      {data && <List page={data} state={state} mayWrite={mayWrite} />}
    </>
  );
}

interface ListProps {
  readonly page: KeyPage;
  readonly state: Key['state'];
  readonly mayWrite: boolean;
}

function List({ page, state, mayWrite }: ListProps) {
  const navigate = useNavigate({ from: '/settings/keys' });
  const organizations = useOrganizationsOf(page.data.flatMap(({ organization_id: id }) => id ?? []));
  return (
    <div className={styles.list}>
      {page.data.length === 0 ? (
        <EmptyState title={state === 'active' ? 'There is no API key yet.' : `No key is ${state}.`} />
      ) : (
        <DataTable
          label="API keys"
          columns={columnsFor(organizations, mayWrite && state === 'active')}
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

const STATE_LOOKS: Record<Key['state'], readonly [tone: Tone, icon: IconName, label: string]> = {
  active: ['ok', 'check', 'Active'],
  expired: ['idle', 'close', 'Expired'],
  revoked: ['bad', 'close', 'Revoked'],
};

function columnsFor(organizations: ReadonlyMap<string, Organization>, mayChange: boolean): readonly Column<Key>[] {
  const reachOf = ({ organization_id: id }: Key): string =>
    id === null ? 'All' : (organizations.get(id)?.name ?? 'One');
  return [
    { id: 'name', head: 'Name', isTitle: true, cell: (key) => (mayChange ? <Name {...key} /> : key.name) },
    { id: 'prefix', head: 'Begins with', cell: ({ prefix }) => <code>{prefix}…</code> },
    { id: 'state', head: 'State', isBadge: true, cell: ({ state }) => <State state={state} /> },
    { id: 'role', head: 'Role', cell: ({ role, scopes }) => (scopes ? `${role}, limited` : role) },
    { id: 'organization', head: 'Organizations', cell: reachOf },
    { id: 'used', head: 'Last used', cell: ({ last_used_at: at }) => (at ? <Ago at={at} /> : 'Never') },
    { id: 'expires', head: 'Expires', from: 1100, cell: ({ expires_at: at }) => (at ? <Moment at={at} /> : 'Never') },
    { id: 'maker', head: 'Made by', from: 1300, cell: ({ created_by: { name } }) => name },
    ...(mayChange
      ? [{ id: 'revoke', head: '', align: 'end' as const, cell: (key: Key) => <Revocation {...key} /> }]
      : []),
  ];
}

function Name({ id, name }: Key) {
  return (
    <Link to="/settings/keys/$id" params={{ id }} title="Change or replace it">
      {name}
    </Link>
  );
}

function State({ state }: Pick<Key, 'state'>) {
  const [tone, icon, label] = STATE_LOOKS[state];
  return <Chip tone={tone} icon={icon} label={label} />;
}

function Revocation({ id, name }: Key) {
  const { data } = useSession();
  return (
    <DeleteButton
      noun="key"
      name={name}
      verb="Revoke"
      isQuiet
      onDelete={() => revokeKey({ path: { id }, headers: { 'If-Match': '*' }, throwOnError: true })}
      onDeleted={() => undefined}
    >
      <p>
        Programs that use this key are refused at once. A revoked key never works again.
        {data?.id === id && ' You are signed in with this key, so you are signed out as well.'}
      </p>
    </DeleteButton>
  );
}
