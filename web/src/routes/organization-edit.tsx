import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { createOrganization, deleteOrganization, getOrganization, updateOrganization } from '../../.generated/sdk.gen';
import type { Organization } from '../../.generated/types.gen';
import { changesOf } from '../lib/changes';
import { useCreate } from '../lib/create';
import { toRevision, useEdit, useRevision } from '../lib/edit';
import type { Revision } from '../lib/edit';
import { linesOrNull, objectOf, textOf } from '../lib/form-values';
import { ConflictNotice } from '../parts/conflict-notice';
import { DeleteButton } from '../parts/delete-button';
import { Form, LongTextField, MoreFields, TextField } from '../parts/form';
import { MetadataField } from '../parts/metadata-field';
import { ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { SaveActions } from '../parts/save-actions';

const FAILURE = 'The organization was not saved';

function readOrganization(form: FormData) {
  return {
    name: textOf(form, 'name'),
    gateway_networks: linesOrNull(form, 'gateway_networks'),
    metadata: objectOf(form, 'metadata'),
  };
}

/** Creates an organization. */
export function NewOrganization() {
  const navigate = useNavigate();
  const create = useCreate({
    write: async (form: FormData, headers) =>
      (await createOrganization({ body: readOrganization(form), headers, throwOnError: true })).data,
    onCreated: ({ id }) => navigate({ to: '/factories', search: { organization: id } }),
  });
  return (
    <>
      <PageHead title="New organization" above={<Link to="/organizations">Organizations</Link>} />
      <Form failure={FAILURE} error={create.error} onSubmit={(form) => create.mutate(form)}>
        <Fields />
        <Actions isBusy={create.isPending} />
      </Form>
    </>
  );
}

const readOne = (id: string) => toRevision(getOrganization({ path: { id }, throwOnError: true }));

/** Changes an organization, or deletes it. */
export function EditOrganization() {
  const { id } = useParams({ from: '/shell/organizations/$id/edit' });
  const { data, error, reload } = useRevision(['organization', id], () => readOne(id));
  return (
    <>
      <PageHead
        title={data ? `Edit ${data.value.name}` : 'Edit organization'}
        above={<Link to="/organizations">Organizations</Link>}
        actions={data && <Deletion organization={data.value} />}
      />
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Loading />}
      {data && <EditForm key={`${id} ${data.etag}`} base={data} onReload={reload} />}
    </>
  );
}

function EditForm({ base, onReload }: { readonly base: Revision<Organization>; readonly onReload: () => void }) {
  const path = { id: base.value.id };
  const navigate = useNavigate();
  const edit = useEdit<Organization, FormData>({
    base,
    read: () => readOne(path.id),
    write: async (form, etag) => {
      const body = changesOf(base.value, readOrganization(form));
      await updateOrganization({ path, body, headers: { 'If-Match': etag }, throwOnError: true });
    },
    onSaved: () => void navigate({ to: '/organizations' }),
  });
  return (
    <Form failure={FAILURE} error={edit.error} onSubmit={edit.save}>
      <Fields organization={base.value} />
      <ConflictNotice noun="organization" base={base} edit={edit} onDiscard={onReload} />
      <Actions isBusy={edit.isSaving} />
    </Form>
  );
}

function Actions({ isBusy }: { readonly isBusy: boolean }) {
  return <SaveActions isBusy={isBusy} cancel={{ to: '/organizations' }} />;
}

/** The service deletes an organization with factories only if it is told so, which the console does not offer. */
function Deletion({ organization: { id, name } }: { readonly organization: Organization }) {
  const navigate = useNavigate();
  return (
    <DeleteButton
      noun="organization"
      name={name}
      onDelete={() => deleteOrganization({ path: { id }, headers: { 'If-Match': '*' }, throwOnError: true })}
      onDeleted={() => navigate({ to: '/organizations' })}
    >
      <p>Only an organization without factories can be deleted here. Its API keys stop working.</p>
    </DeleteButton>
  );
}

function Fields({ organization }: { readonly organization?: Organization }) {
  return (
    <Panel title="Organization">
      <div className="stack">
        <TextField name="name" label="Name" defaultValue={organization?.name} required maxLength={255} />
        <LongTextField
          name="gateway_networks"
          label="Networks of its gateways"
          hint="One a line. The service connects to no other addresses for this organization. Empty: no limit but GATEWAY_NETWORKS."
          value={organization?.gateway_networks?.join('\n') ?? ''}
          placeholder="10.20.0.0/16"
        />
        <MoreFields title="Metadata">
          <MetadataField value={organization?.metadata} />
        </MoreFields>
      </div>
    </Panel>
  );
}
