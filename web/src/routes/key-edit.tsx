import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getKey, updateKey } from '../../.generated/sdk.gen';
import type { Key, MadeKey } from '../../.generated/types.gen';
import { changesOf } from '../lib/changes';
import { toRevision, useEdit, useRevision } from '../lib/edit';
import type { Revision } from '../lib/edit';
import { useOrganizationsOf } from '../lib/organizations';
import { ConflictNotice } from '../parts/conflict-notice';
import { Facts } from '../parts/facts';
import { FieldRow, Form } from '../parts/form';
import { ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { SaveActions } from '../parts/save-actions';
import { Moment } from '../parts/time';
import { KeyExpiryField, KeyNameField, KeyNetworksField, readKeyFields, ROLES } from './key-fields';
import { KeyMade } from './key-made';
import { RotateKey } from './key-rotation';
import { KeyScopesField } from './key-scopes';

const readOne = (id: string) => toRevision(getKey({ path: { id }, throwOnError: true }));

/** Changes an API key, or replaces it with a new one. */
export function EditKey() {
  const { id } = useParams({ from: '/shell/settings/keys/$id' });
  const { data, error, reload } = useRevision(['key', id], () => readOne(id));
  const [made, setMade] = useState<MadeKey | null>(null);
  const above = <Link to="/settings/keys">API keys</Link>;
  if (made) {
    return (
      <>
        <PageHead title={`${made.name} has a new key`} above={above} />
        <KeyMade made={made}>It has the same name, rights and expiry as the old one.</KeyMade>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={data ? `Edit ${data.value.name}` : 'Edit API key'}
        above={above}
        actions={data?.value.state === 'active' && <RotateKey of={data.value} onMade={setMade} />}
      />
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Loading />}
      {data && <EditForm key={`${id} ${data.etag}`} base={data} onReload={reload} />}
    </>
  );
}

function EditForm({ base, onReload }: { readonly base: Revision<Key>; readonly onReload: () => void }) {
  const { value } = base;
  const path = { id: value.id };
  const navigate = useNavigate();
  const edit = useEdit<Key, FormData>({
    base,
    read: () => readOne(value.id),
    write: async (form, etag) => {
      const body = changesOf(value, readKeyFields(form, value.expires_at));
      await updateKey({ path, body, headers: { 'If-Match': etag }, throwOnError: true });
    },
    onSaved: () => void navigate({ to: '/settings/keys' }),
  });
  return (
    <Form failure="The key was not saved" error={edit.error} onSubmit={edit.save}>
      <Panel title="Key">
        <div className="stack">
          <FieldRow>
            <KeyNameField value={value} />
            <KeyExpiryField value={value} />
          </FieldRow>
          <KeyScopesField of={value} chosen={value.scopes} />
          <KeyNetworksField value={value} />
        </div>
      </Panel>
      <Fixed of={value} />
      <ConflictNotice noun="key" base={base} edit={edit} onDiscard={onReload} />
      <SaveActions isBusy={edit.isSaving} cancel={{ to: '/settings/keys' }} />
    </Form>
  );
}

/** What a key has for ever: another role needs another key. */
function Fixed({ of: { role, organization_id: owner, prefix, created_at: at, created_by: maker } }: { of: Key }) {
  const organizations = useOrganizationsOf(owner === null ? [] : [owner]);
  return (
    <Panel title="What cannot be changed">
      <Facts
        facts={[
          ['Begins with', <code key="prefix">{prefix}…</code>],
          ['Role', ROLES[role]],
          ['Organization', owner === null ? 'All organizations' : (organizations.get(owner)?.name ?? '…')],
          ['Made', <Moment key="at" at={at} />],
          ['Made by', maker.name],
        ]}
      />
    </Panel>
  );
}
