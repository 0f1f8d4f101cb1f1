import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { createFactory, getFactory, updateFactory } from '../../.generated/sdk.gen';
import type { Factory } from '../../.generated/types.gen';
import { changesOf } from '../lib/changes';
import { useCreate } from '../lib/create';
import { toRevision, useEdit, useRevision } from '../lib/edit';
import type { Revision } from '../lib/edit';
import { objectOf, textOf, textOrNull } from '../lib/form-values';
import { useOrganizationSearch } from '../lib/organizations';
import { ownZone } from '../lib/zones';
import { ConflictNotice } from '../parts/conflict-notice';
import { FieldRow, Form, MoreFields, TextField } from '../parts/form';
import { MetadataField } from '../parts/metadata-field';
import { ErrorNotice, Loading, Notice } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { SaveActions } from '../parts/save-actions';
import { ZoneField } from '../parts/zone-field';
import { NamedField } from './named-choice';
import { ORGANIZATIONS } from './named-sources';

const FAILURE = 'The factory was not saved';

function readFactory(form: FormData) {
  return {
    organization_id: textOf(form, 'organization_id'),
    name: textOf(form, 'name'),
    location: textOrNull(form, 'location'),
    timezone: textOf(form, 'timezone'),
    metadata: objectOf(form, 'metadata'),
  };
}

/** Creates a factory. */
export function NewFactory() {
  const { organization } = useSearch({ from: '/shell/factories/new' });
  const navigate = useNavigate();
  const first = useOrganizationSearch(organization === undefined ? '' : null);
  const create = useCreate({
    write: async (form: FormData, headers) =>
      (await createFactory({ body: readFactory(form), headers, throwOnError: true })).data,
    onCreated: ({ id }) => navigate({ to: '/factories/$id', params: { id } }),
  });
  return (
    <>
      <PageHead title="New factory" above={<Link to="/factories">Factories</Link>} />
      <Form failure={FAILURE} error={create.error} onSubmit={(form) => create.mutate(form)}>
        {first?.length === 0 && (
          <Notice tone="warn">
            <p>
              A factory belongs to an organization, and there is none yet.{' '}
              <Link to="/organizations/new">Create one</Link>
            </p>
          </Notice>
        )}
        <Fields owner={organization} />
        <SaveActions isBusy={create.isPending} cancel={{ to: '/factories' }} />
      </Form>
    </>
  );
}

const readOne = (id: string) => toRevision(getFactory({ path: { id }, throwOnError: true }));

/** Changes a factory. */
export function EditFactory() {
  const { id } = useParams({ from: '/shell/factories/$id/edit' });
  const { data, error, reload } = useRevision(['factory', id], () => readOne(id));
  return (
    <>
      <PageHead
        title={data ? `Edit ${data.value.name}` : 'Edit factory'}
        above={
          <>
            <Link to="/factories">Factories</Link> ›{' '}
            <Link to="/factories/$id" params={{ id }}>
              {data?.value.name ?? 'Factory'}
            </Link>
          </>
        }
      />
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Loading />}
      {data && <EditForm key={`${id} ${data.etag}`} base={data} onReload={reload} />}
    </>
  );
}

function EditForm({ base, onReload }: { readonly base: Revision<Factory>; readonly onReload: () => void }) {
  const path = { id: base.value.id };
  const navigate = useNavigate();
  const edit = useEdit<Factory, FormData>({
    base,
    read: () => readOne(path.id),
    write: async (form, etag) => {
      const body = changesOf(base.value, readFactory(form));
      await updateFactory({ path, body, headers: { 'If-Match': etag }, throwOnError: true });
    },
    onSaved: () => void navigate({ to: '/factories/$id', params: path }),
  });
  return (
    <Form failure={FAILURE} error={edit.error} onSubmit={edit.save}>
      <Fields factory={base.value} owner={base.value.organization_id} />
      <ConflictNotice noun="factory" base={base} edit={edit} onDiscard={onReload} />
      <SaveActions isBusy={edit.isSaving} cancel={{ to: '/factories/$id', params: path }} />
    </Form>
  );
}

interface FieldsProps {
  /** What is stored; undefined for a new one. */
  readonly factory?: Factory;
  readonly owner: string | undefined;
}

function Fields({ factory, owner }: FieldsProps) {
  return (
    <Panel title="Factory">
      <div className="stack">
        <FieldRow>
          <TextField name="name" label="Name" defaultValue={factory?.name} required maxLength={255} />
          <NamedField
            source={ORGANIZATIONS}
            name="organization_id"
            value={owner}
            placeholder="Choose an organization"
          />
        </FieldRow>
        <FieldRow>
          <ZoneField
            name="timezone"
            label="Time zone"
            hint="Of its gateways' clocks, and of the times that the console shows"
            value={factory?.timezone ?? ownZone}
            required
          />
          <TextField name="location" label="Location" defaultValue={factory?.location ?? ''} maxLength={500} />
        </FieldRow>
        <MoreFields title="Metadata">
          <MetadataField value={factory?.metadata} />
        </MoreFields>
      </div>
    </Panel>
  );
}
