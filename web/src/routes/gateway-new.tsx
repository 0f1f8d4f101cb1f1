import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { createGateway, testGatewayDraft } from '../../.generated/sdk.gen';
import { useCreate } from '../lib/create';
import { useFactorySearch } from '../lib/factories';
import { Button } from '../parts/button';
import { Form } from '../parts/form';
import { Notice } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { SaveActions } from '../parts/save-actions';
import { useMay } from '../shell/session';
import { GatewayFields, readGateway } from './gateway-fields';
import { GatewayTest } from './gateway-test';
import type { TestAt } from './gateway-test';
import { isTwin } from './gateway-twin';

/** How the form was sent: as it is; to go on with another gateway; or although another one has the same URL and e-mail. */
type Then = 'show' | 'another' | 'twin';

/** Registers a gateway. */
export function NewGateway() {
  const { factory } = useSearch({ from: '/shell/gateways/new' });
  const first = useFactorySearch(factory === undefined ? '' : null);
  const mayTest = useMay('gateways:test');
  const { create, saved } = useCreation();
  return (
    <>
      <PageHead title="New gateway" above={<Link to="/gateways">Gateways</Link>} />
      <Form
        failure="The gateway was not saved"
        error={create.error}
        onSubmit={(form, submitter) => create.mutate({ form, then: (submitter?.dataset.then ?? 'show') as Then })}
      >
        {saved !== null && (
          <div role="status">
            <Notice tone="ok">
              <p>{saved} is saved. Change what is different for the next one.</p>
            </Notice>
          </div>
        )}
        {first?.length === 0 && <NoFactory />}
        <GatewayFields factoryId={factory} />
        {mayTest && (
          <GatewayTest hint="Tries every step with what is typed above. Nothing is stored." onTest={testDraft} />
        )}
        <SaveActions isBusy={create.isPending} cancel={{ to: '/gateways' }}>
          <Button type="submit" data-then="another" isBusy={create.isPending}>
            Save and add another
          </Button>
          {isTwin(create.error) && (
            <Button type="submit" data-then="twin" isBusy={create.isPending}>
              Save beside the other one
            </Button>
          )}
        </SaveActions>
      </Form>
    </>
  );
}

async function testDraft(form: FormData): Promise<TestAt> {
  // A test needs no names; the service wants a whole gateway.
  const draft = { ...readGateway(form), password: form.get('password') as string };
  const body = { ...draft, name: draft.name || 'test', gateway_id: draft.gateway_id || 'test' };
  return { result: (await testGatewayDraft({ body, throwOnError: true })).data, url: body.url };
}

/** `saved` is the name of the last gateway, if the form stays open for another one. */
function useCreation() {
  const navigate = useNavigate();
  const [saved, setSaved] = useState<string | null>(null);
  const create = useCreate({
    write: async ({ form, then }: { form: FormData; then: Then }, headers) => {
      const desired = form.has('connect') ? 'connected' : 'disconnected';
      const { data } = await createGateway({
        body: { ...readGateway(form), password: form.get('password') as string, desired_state: desired },
        headers,
        query: then === 'twin' ? { allow_duplicate: true } : {},
        throwOnError: true,
      });
      return data;
    },
    onCreated: ({ id, name }, { then }) =>
      then === 'another' ? setSaved(name) : navigate({ to: '/gateways/$id', params: { id } }),
  });
  return { create, saved };
}

function NoFactory() {
  const mayCreate = useMay('factories:write');
  return (
    <Notice tone="warn">
      <p>
        A gateway belongs to a factory, and there is none yet.{' '}
        {mayCreate && <Link to="/factories/new">Create one</Link>}
      </p>
    </Notice>
  );
}
