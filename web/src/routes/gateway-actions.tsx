import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  connectGatewayMutation,
  disconnectGatewayMutation,
  getGatewayStatusQueryKey,
} from '../../.generated/@tanstack/react-query.gen';
import { deleteGateway } from '../../.generated/sdk.gen';
import type { ConnectionStatus } from '../../.generated/types.gen';
import { Button, ButtonLink } from '../parts/button';
import { DeleteButton } from '../parts/delete-button';
import { ErrorNotice } from '../parts/notices';
import { useMay } from '../shell/session';

/** What one may do with a gateway: connect, disconnect, edit, delete. */
export function GatewayActions({ status }: { readonly status: ConnectionStatus }) {
  const mayOrder = useMay('connections:order');
  const mayWrite = useMay('gateways:write');
  return (
    <>
      {mayOrder && <Orders status={status} />}
      {mayWrite && (
        <>
          <ButtonLink to="/gateways/$id/edit" params={{ id: status.id }} data-key="e">
            Edit
          </ButtonLink>
          <Deletion status={status} />
        </>
      )}
    </>
  );
}

/** The state that is shown is what the service answers, and never what was ordered. */
function Orders({ status: { id, state, desired_state: desired } }: { readonly status: ConnectionStatus }) {
  const queries = useQueryClient();
  const onSuccess = (status: ConnectionStatus): void => {
    queries.setQueryData(getGatewayStatusQueryKey({ path: { id } }), status);
  };
  const connect = useMutation({ ...connectGatewayMutation(), onSuccess });
  const disconnect = useMutation({ ...disconnectGatewayMutation(), onSuccess });
  const error = connect.error ?? disconnect.error;
  return (
    <>
      {error && <ErrorNotice error={error} />}
      {state !== 'connected' && (
        <Button look="primary" isBusy={connect.isPending} onClick={() => connect.mutate({ path: { id } })}>
          Connect now
        </Button>
      )}
      {desired === 'connected' && (
        <Button isBusy={disconnect.isPending} onClick={() => disconnect.mutate({ path: { id } })}>
          Disconnect
        </Button>
      )}
    </>
  );
}

function Deletion({ status: { id, name } }: { readonly status: ConnectionStatus }) {
  const navigate = useNavigate();
  return (
    <DeleteButton
      noun="gateway"
      name={name}
      onDelete={() => deleteGateway({ path: { id }, headers: { 'If-Match': '*' }, throwOnError: true })}
      onDeleted={() => navigate({ to: '/gateways' })}
    >
      <p>
        Its session ends, and it disappears from all lists with its sensors and readings. The console cannot bring it
        back.
      </p>
    </DeleteButton>
  );
}
