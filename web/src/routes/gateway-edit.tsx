import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getGateway, updateGateway } from '../../.generated/sdk.gen';
import type { Gateway } from '../../.generated/types.gen';
import { changesOf } from '../lib/changes';
import { toRevision, useEdit, useRevision } from '../lib/edit';
import type { Revision } from '../lib/edit';
import { Button } from '../parts/button';
import { ConflictNotice } from '../parts/conflict-notice';
import { Form } from '../parts/form';
import { ErrorNotice, Loading, Notice } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { SaveActions } from '../parts/save-actions';
import { useMay } from '../shell/session';
import { GatewayFields, readConnection, readGateway } from './gateway-fields';
import { GatewayTest, testStored } from './gateway-test';
import { isTwin } from './gateway-twin';

const readOne = (id: string) => toRevision(getGateway({ path: { id }, throwOnError: true }));

/** Changes a gateway. */
export function EditGateway() {
  const { id } = useParams({ from: '/shell/gateways/$id/edit' });
  const { data, error, reload } = useRevision(['gateway', id], () => readOne(id));
  return (
    <>
      <PageHead
        title={data ? `Edit ${data.value.name}` : 'Edit gateway'}
        above={
          <>
            <Link to="/gateways">Gateways</Link> ›{' '}
            <Link to="/gateways/$id" params={{ id }}>
              {data?.value.name ?? 'Gateway'}
            </Link>
          </>
        }
      />
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Loading lines={8} />}
      {data && <EditForm key={`${id} ${data.etag}`} base={data} onReload={reload} />}
    </>
  );
}

interface Sent {
  readonly form: FormData;
  readonly allowTwin: boolean;
}

function EditForm({ base, onReload }: { readonly base: Revision<Gateway>; readonly onReload: () => void }) {
  const { value: gateway } = base;
  const path = { id: gateway.id };
  const navigate = useNavigate();
  const mayTest = useMay('gateways:test');
  const [isReconnecting, setReconnecting] = useState(false);
  const edit = useEdit<Gateway, Sent>({
    base,
    read: () => readOne(gateway.id),
    write: async ({ form, allowTwin }, etag) => {
      const body = changesOf(gateway, readGateway(form));
      const query = allowTwin ? { allow_duplicate: true } : {};
      await updateGateway({ path, query, body, headers: { 'If-Match': etag }, throwOnError: true });
    },
    onSaved: () => void navigate({ to: '/gateways/$id', params: path }),
  });
  return (
    <Form
      failure="The gateway was not saved"
      error={edit.error}
      onSubmit={(form, submitter) => edit.save({ form, allowTwin: submitter?.dataset.then === 'twin' })}
      onInput={(form) => setReconnecting(Object.keys(changesOf(gateway, readConnection(form))).length > 0)}
    >
      <GatewayFields gateway={gateway} />
      {mayTest && (
        <GatewayTest
          hint="Tries every step with what is typed above, and otherwise with what is stored. Nothing is stored."
          onTest={async (form, force) => {
            const draft = changesOf(gateway, readConnection(form));
            return { result: await testStored(gateway.id, draft, force), url: draft.url ?? gateway.url };
          }}
        />
      )}
      <ConflictNotice noun="gateway" base={base} edit={edit} onDiscard={onReload} />
      {isReconnecting && gateway.desired_state === 'connected' && (
        <Notice tone="busy">
          <p>Saving ends the session of this gateway, and connects it again with the new values.</p>
        </Notice>
      )}
      <SaveActions isBusy={edit.isSaving} cancel={{ to: '/gateways/$id', params: path }}>
        {isTwin(edit.error) && (
          <Button type="submit" data-then="twin" isBusy={edit.isSaving}>
            Save beside the other one
          </Button>
        )}
      </SaveActions>
    </Form>
  );
}
