import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { createKey } from '../../.generated/sdk.gen';
import type { Key, MadeKey } from '../../.generated/types.gen';
import { linesOrNull, textOf, textOrNull } from '../lib/form-values';
import { useOrganizations } from '../lib/organizations';
import { Button, ButtonLink } from '../parts/button';
import { FieldRow, Form, FormActions, LongTextField, MoreFields, SelectField, TextField } from '../parts/form';
import { Notice } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { useSession } from '../shell/session';
import styles from './key-new.module.css';

const ROLES: Record<Key['role'], string> = {
  viewer: 'Viewer: sees everything',
  operator: 'Operator: also connects, disconnects, tests, and orders measurements',
  admin: 'Admin: also creates, changes and deletes, and sees keys and the audit log',
};

const DAY_MS = 86_400_000;
const LIFETIMES = [
  ['', 'Never'],
  ['30', 'In 30 days'],
  ['90', 'In 90 days'],
  ['365', 'In a year'],
] as const;

function readKey(form: FormData) {
  const days = textOf(form, 'expires_at');
  return {
    name: textOf(form, 'name'),
    role: textOf(form, 'role') as Key['role'],
    organization_id: textOrNull(form, 'organization_id'),
    expires_at: days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
    allowed_networks: linesOrNull(form, 'allowed_networks'),
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
        <Made made={creation.data} />
      </>
    );
  }
  return (
    <>
      <PageHead title="New API key" above={above} />
      <Form failure="The key was not made" error={creation.error} onSubmit={(form) => creation.mutate(form)}>
        <Fields />
        <FormActions>
          <Button type="submit" look="primary" isBusy={creation.isPending}>
            Make the key
          </Button>
          <ButtonLink to="/settings/keys" look="quiet">
            Cancel
          </ButtonLink>
        </FormActions>
      </Form>
    </>
  );
}

function Fields() {
  const organizations = useOrganizations();
  const { data: me } = useSession();
  const reach = me?.organization_id ?? null;
  return (
    <Panel title="Key">
      <div className="stack">
        <FieldRow>
          <TextField name="name" label="Name" hint="Who or what uses it" required maxLength={255} />
          <SelectField name="expires_at" label="Expires" value="">
            {LIFETIMES.map(([days, label]) => (
              <option key={days} value={days}>
                {label}
              </option>
            ))}
          </SelectField>
        </FieldRow>
        <SelectField name="role" label="Role" value="viewer" isRequired>
          {Object.entries(ROLES).map(([role, label]) => (
            <option key={role} value={role}>
              {label}
            </option>
          ))}
        </SelectField>
        <SelectField key={organizations?.length} name="organization_id" label="Organization" value={reach ?? ''}>
          {reach === null && <option value="">All organizations</option>}
          {organizations
            ?.filter(({ id }) => reach === null || id === reach)
            .map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
        </SelectField>
        <MoreFields title="From where it may be used">
          <LongTextField
            name="allowed_networks"
            label="Networks"
            hint="One a line. Empty: from anywhere"
            value=""
            placeholder="10.20.0.0/16"
          />
        </MoreFields>
      </div>
    </Panel>
  );
}

function Made({ made: { secret } }: { readonly made: MadeKey }) {
  const [isCopied, setCopied] = useState(false);
  // Only secure contexts have a clipboard: HTTPS, and this machine.
  const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
  return (
    <div className="stack">
      <Notice tone="warn">
        <p>
          <strong>Copy the key now.</strong> Neither this page nor the service can show it again.
        </p>
      </Notice>
      <Panel title="The key">
        <div className={styles.key}>
          <code className={styles.secret}>{secret}</code>
          {clipboard && (
            <Button icon="copy" onClick={() => void clipboard.writeText(secret).then(() => setCopied(true))}>
              {isCopied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </div>
      </Panel>
      <FormActions>
        <ButtonLink to="/settings/keys">I have stored it</ButtonLink>
      </FormActions>
    </div>
  );
}
