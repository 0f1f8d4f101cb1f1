import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  connectGatewayMutation,
  disconnectGatewayMutation,
  getGatewayStatusQueryKey,
} from '../../.generated/@tanstack/react-query.gen';
import type { ConnectionStatus } from '../../.generated/types.gen';
import { Button } from '../parts/button';
import { ErrorNotice } from '../parts/notices';
import { useMay } from '../shell/session';

/** Connect and disconnect. The state that is shown is what the service answers, and never what was ordered. */
export function GatewayOrders({
  status: { id, state, desired_state: desired },
}: {
  readonly status: ConnectionStatus;
}) {
  const queries = useQueryClient();
  const onSuccess = (status: ConnectionStatus): void => {
    queries.setQueryData(getGatewayStatusQueryKey({ path: { id } }), status);
  };
  const connect = useMutation({ ...connectGatewayMutation(), onSuccess });
  const disconnect = useMutation({ ...disconnectGatewayMutation(), onSuccess });
  if (!useMay('connections:order')) return null;
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
