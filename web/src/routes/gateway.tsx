import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import {
  getFactoryOptions,
  getGatewayOptions,
  getGatewayStatusOptions,
} from '../../.generated/@tanstack/react-query.gen';
import type { ConnectionStatus, Gateway } from '../../.generated/types.gen';
import { formatCount, formatMs } from '../lib/format';
import { ladderOfStatus } from '../lib/ladder';
import { useRefetchInterval } from '../live/live';
import { Facts } from '../parts/facts';
import { Ladder } from '../parts/ladder';
import { ErrorNotice, Loading, Notice } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { StateChip } from '../parts/state-chip';
import { Ago, Lasting, Moment } from '../parts/time';
import { useMay } from '../shell/session';
import { GatewayActions } from './gateway-actions';
import { GatewayDiagnostics } from './gateway-diagnostics';
import { GatewayHistory } from './gateway-history';
import { GatewayTabs } from './gateway-tabs';
import { GatewayTest, testStored } from './gateway-test';
import { GatewayTimeline } from './gateway-timeline';
import type { GatewaySearch } from './gateway-search';
import styles from './gateway.module.css';

/** One gateway: whether it is connected, how far its connection got, what happened, and what one can do. */
export function GatewayPage() {
  const { id } = useParams({ from: '/shell/gateways/$id' });
  // By id, so that nothing of the last gateway is shown under the name of this one.
  return <OneGateway key={id} id={id} />;
}

function OneGateway({ id }: { readonly id: string }) {
  const refetchInterval = useRefetchInterval();
  const status = useQuery({ ...getGatewayStatusOptions({ path: { id } }), refetchInterval });
  const gateway = useQuery(getGatewayOptions({ path: { id } }));
  const factoryId = status.data?.factory_id ?? '';
  const factory = useQuery({ ...getFactoryOptions({ path: { id: factoryId } }), enabled: factoryId !== '' });
  const zone = factory.data?.timezone;
  const mayTest = useMay('gateways:test');
  const { span = '24h', reason } = useSearch({ from: '/shell/gateways/$id' });
  const navigate = useNavigate({ from: '/gateways/$id' });
  const change = (changes: GatewaySearch): void =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  if (!status.data) {
    return (
      <>
        <PageHead title="Gateway" above={<Link to="/gateways">Gateways</Link>} />
        {status.error ? <ErrorNotice error={status.error} onRetry={() => void status.refetch()} /> : <Loading />}
      </>
    );
  }
  const { name, gateway_id: label, state, since, as_of: asOf } = status.data;
  return (
    <>
      <PageHead
        title={name}
        above={<Link to="/gateways">Gateways</Link>}
        beside={<StateChip state={state} />}
        lede={
          <>
            <code>{label}</code> · {factory.data?.name ?? 'factory'} · for <Lasting at={since} zone={zone} /> ·{' '}
            <span className="nowrap">
              as of <Moment at={asOf} zone={zone} />
            </span>
          </>
        }
        actions={<GatewayActions status={status.data} />}
      />
      <GatewayTabs id={id} />
      {status.error && <ErrorNotice error={status.error} />}
      {status.data.tls_verified === false && (
        <Notice tone="bad">
          <p>
            <strong>The certificate of this gateway is not verified.</strong> Whoever can intercept the connection can
            read its login.
          </p>
        </Notice>
      )}
      <div className={styles.columns}>
        <Panel title="Connection">
          <Ladder rungs={ladderOfStatus(status.data, hasTls(gateway.data, status.data))} />
        </Panel>
        <Panel title="Facts" beside={<GatewayDiagnostics id={id} label={label} />}>
          {gateway.error && <ErrorNotice error={gateway.error} />}
          <Facts facts={[...observed(status.data, zone), ...registered(gateway.data)]} />
        </Panel>
      </div>
      {mayTest && (
        <div className={styles.section}>
          <GatewayTest
            hint="Tries every step with the stored values, on a socket of its own. Nothing is stored."
            onTest={async (_form, force) => ({
              result: await testStored(id, {}, force),
              url: gateway.data?.url ?? '',
            })}
          />
        </div>
      )}
      <div className={styles.section}>
        <GatewayTimeline
          id={id}
          zone={zone}
          span={span}
          onSpan={(next) => change({ span: next === '24h' ? undefined : next })}
        />
      </div>
      <GatewayHistory
        id={id}
        zone={zone}
        since={since}
        reasons={reason}
        onReasons={(codes) => change({ reason: codes })}
      />
    </>
  );
}

/** While the registration cannot be read, a live connection says whether it has TLS. */
function hasTls(gateway: Gateway | undefined, { tls_verified: verified }: ConnectionStatus): boolean {
  return gateway ? gateway.url.startsWith('wss:') : verified !== null;
}

function observed(status: ConnectionStatus, zone: string | undefined) {
  const { desired_state, liveness, latency_ms: ms, messages_received, messages_sent, reconnects } = status;
  return [
    ['Wanted', desired_state === 'connected' ? 'Connected' : 'Disconnected'],
    ['Next try', status.next_retry_at && <Ago at={status.next_retry_at} zone={zone} />],
    ['Failures in a row', status.attempt === 0 ? null : formatCount(status.attempt)],
    ['Last message', <Ago key="message" at={status.last_message_at} zone={zone} />],
    ['Last seen', <Ago key="seen" at={status.last_seen_at} zone={zone} />],
    ['Latency', ms === null ? null : formatMs(ms)],
    ['Liveness', liveness === 'ping' ? 'Ping' : 'Command, because it ignores pings'],
    ['Messages', `${formatCount(messages_received)} received, ${formatCount(messages_sent)} sent`],
    ['Reconnects', formatCount(reconnects)],
    ['Busy with', status.busy && <code>{status.busy.command}</code>],
  ] as const;
}

function registered(gateway: Gateway | undefined) {
  if (!gateway) return [];
  return [
    ['URL', <code key="url">{gateway.url}</code>],
    ['E-mail', gateway.email],
    ['Model', gateway.model],
    ['Firmware', gateway.firmware_version],
    ['Time zone of its clock', gateway.clock_zone],
    [
      'Metadata',
      Object.keys(gateway.metadata).length > 0 && <code key="json">{JSON.stringify(gateway.metadata)}</code>,
    ],
  ] as const;
}
