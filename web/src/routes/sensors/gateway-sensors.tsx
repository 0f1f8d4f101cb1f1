import { useMutation } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { refreshInventoryMutation } from '../../../.generated/@tanstack/react-query.gen';
import { Button } from '../../parts/button';
import { ErrorNotice, Notice } from '../../parts/notices';
import { useMay } from '../../shell/session';
import { GatewayHead } from '../gateway-head';
import { SensorList } from './sensor-list';
import styles from './sensors.module.css';

/** The sensors of one gateway. */
export function GatewaySensors() {
  const { id } = useParams({ from: '/shell/gateways/$id/sensors' });
  const search = useSearch({ from: '/shell/gateways/$id/sensors' });
  const navigate = useNavigate({ from: '/gateways/$id/sensors' });
  const inventory = useMutation(refreshInventoryMutation());
  return (
    <>
      <GatewayHead
        id={id}
        actions={
          useMay('gateways:write') && (
            <Button icon="refresh" isBusy={inventory.isPending} onClick={() => inventory.mutate({ path: { id } })}>
              Refresh the list
            </Button>
          )
        }
      />
      <div className={styles.notices}>
        {inventory.error && <ErrorNotice error={inventory.error} what="The sensors were not asked for" />}
        {inventory.data && (
          <Notice tone={inventory.data.connected ? 'ok' : 'warn'}>
            {inventory.data.connected
              ? 'The gateway is being asked for its sensors.'
              : 'The gateway is not connected: it will be asked after its next login.'}
          </Notice>
        )}
      </div>
      <SensorList
        key={id}
        gatewayId={id}
        search={search}
        onSearch={(changes) => void navigate({ search: (old) => ({ ...old, ...changes }) })}
      />
    </>
  );
}
