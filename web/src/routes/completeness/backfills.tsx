import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  cancelBackfillMutation,
  getBackfillOptions,
  getBackfillQueryKey,
} from '../../../.generated/@tanstack/react-query.gen';
import type { Backfill } from '../../../.generated/types.gen';
import { formatCount } from '../../lib/format';
import { KIND_LOOKS } from '../../lib/kinds';
import { Button } from '../../parts/button';
import { Chip } from '../../parts/chip';
import { Facts } from '../../parts/facts';
import { ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { Ago } from '../../parts/time';
import { useMay } from '../../shell/session';
import { BackfillForm } from './backfill-form';
import styles from './completeness.module.css';

/** How often an order that is under way is asked for. */
const RUNNING_MS = 1000;

interface BackfillsProps {
  readonly gatewayId: string;
  /** The order that is shown: the address names it, so that it is found again. */
  readonly chosen: string | undefined;
  readonly zone: string | undefined;
  readonly onChoose: (id: string | undefined) => void;
}

/** Orders days of the history to be fetched again, and shows how far that is. */
export function Backfills({ gatewayId, chosen, zone, onChoose }: BackfillsProps) {
  const mayOrder = useMay('gateways:write');
  if (!mayOrder && chosen === undefined) return null;
  return (
    <Panel title="Backfill">
      <div className={styles.backfill}>
        {chosen !== undefined && (
          <Order id={chosen} zone={zone} mayCancel={mayOrder} onClose={() => onChoose(undefined)} />
        )}
        {mayOrder && <BackfillForm gatewayId={gatewayId} zone={zone} onOrdered={onChoose} />}
      </div>
    </Panel>
  );
}

const LOOKS = {
  queued: { label: 'Waiting', tone: 'busy', icon: 'clock' },
  running: { label: 'Running', tone: 'busy', icon: 'clock' },
  completed: { label: 'Completed', tone: 'ok', icon: 'check' },
  cancelled: { label: 'Cancelled', tone: 'idle', icon: 'cross' },
} as const;

interface OrderProps {
  readonly id: string;
  readonly zone: string | undefined;
  readonly mayCancel: boolean;
  readonly onClose: () => void;
}

function Order({ id, zone, mayCancel, onClose }: OrderProps) {
  const queries = useQueryClient();
  const { data, error } = useQuery({
    ...getBackfillOptions({ path: { id } }),
    refetchInterval: ({ state }) => (state.data && state.data.ended_at !== null ? false : RUNNING_MS),
  });
  const cancel = useMutation({
    ...cancelBackfillMutation(),
    onSettled: () => queries.invalidateQueries({ queryKey: getBackfillQueryKey({ path: { id } }) }),
  });
  if (!data) return error ? <ErrorNotice error={error} /> : <Loading lines={3} />;
  return (
    <div className={styles.order} role="region" aria-label="The order">
      <div className={styles.orderHead}>
        <Chip {...LOOKS[data.state]} />
        <strong className="nowrap">
          {data.from} – {data.to}
        </strong>
        {data.state === 'queued' && <span className="muted">until the gateway is connected and has time</span>}
        <span className={styles.orderEnd}>
          {data.ended_at === null ? (
            mayCancel && (
              <Button isBusy={cancel.isPending} onClick={() => cancel.mutate({ path: { id } })}>
                Cancel
              </Button>
            )
          ) : (
            <Button onClick={onClose}>Close</Button>
          )}
        </span>
      </div>
      <Facts facts={factsOf(data, zone)} />
      {cancel.error && <ErrorNotice error={cancel.error} what="The backfill was not cancelled" />}
    </div>
  );
}

function factsOf({ kinds, serials, requests, records, added, created_at: at }: Backfill, zone: string | undefined) {
  return [
    ['Kinds', kinds.map((kind) => KIND_LOOKS[kind].label).join(', ')],
    ['Sensors', serials.length === 0 ? 'All' : serials.join(', ')],
    ['Received', `${formatCount(records)} records in ${formatCount(requests)} pages`],
    ['Not stored before', formatCount(added)],
    ['Ordered', <Ago key="at" at={at} zone={zone} />],
  ] as const;
}
