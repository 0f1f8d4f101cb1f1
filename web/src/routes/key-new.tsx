import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { createKey } from '../../.generated/sdk.gen';
import type { Key } from '../../.generated/types.gen';
import { textOf, textOrNull } from '../lib/form-values';
import { FieldRow, Form, SelectField } from '../parts/form';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { SaveActions } from '../parts/save-actions';
import { useSession } from '../shell/session';
import { KeyExpiryField, KeyNameField, KeyNetworksField, readKeyFields, ROLES } from './key-fields';
import { KeyMade } from './key-made';
import { KeyScopesField } from './key-scopes';
import { NamedField } from './named-choice';
import { ORGANIZATIONS } from './named-sources';

function readKey(form: FormData) {
  return {
    ...readKeyFields(form),
    role: textOf(form, 'role') as Key['role'],
    organization_id: textOrNull(form, 'organization_id'),
  };
}

/** Makes an API key, and shows it once. */
export function NewKey() {
  const queries = useQueryClient();
  const creation = useMutation({
    gcTime: 0, // The key is forgotten when the page is left.
    mutationFn: async (form: FormData) => (await createKey({ body: readKey(form), throwOnError: true })).data,
    onSuccess: () => queries.invalidateQueries(),
  });
  const above = <Link to="/settings/keys">API keys</Link>;
  if (creation.data) {
    return (
      <>
        <PageHead title={`${creation.data.name} is made`} above={above} />
        <KeyMade made={creation.data} />
      </>
    );
  }
  return (
    <>
      <PageHead title="New API key" above={above} />
      <Form failure="The key was not made" error={creation.error} onSubmit={(form) => creation.mutate(form)}>
        <Fields />
        <SaveActions isBusy={creation.isPending} cancel={{ to: '/settings/keys' }} label="Make the key" />
      </Form>
    </>
  );
}

function Fields() {
  const { data: me } = useSession();
  const reach = me?.organization_id ?? undefined;
  const [role, setRole] = useState<Key['role']>('viewer');
  const [chosen, setChosen] = useState<string>();
  return (
    <Panel title="Key">
      <div className="stack">
        <FieldRow>
          <KeyNameField />
          <KeyExpiryField />
        </FieldRow>
        <SelectField name="role" label="Role" value={role} isRequired onChoose={(name) => setRole(name as Key['role'])}>
          {Object.entries(ROLES).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </SelectField>
        {/* Who is limited to one organization makes keys for that one. */}
        <NamedField
          key={reach}
          source={ORGANIZATIONS}
          name="organization_id"
          value={reach}
          placeholder={reach === undefined ? 'All organizations' : 'Choose an organization'}
          none={reach === undefined ? 'All organizations' : undefined}
          onChoose={setChosen}
        />
        <KeyScopesField of={{ role, organization_id: chosen ?? reach ?? null }} />
        <KeyNetworksField />
      </div>
    </Panel>
  );
}
