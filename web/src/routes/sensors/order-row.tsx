import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { cancelAcquisitionMutation } from '../../../.generated/@tanstack/react-query.gen';
import type { Acquisition } from '../../../.generated/types.gen';
import { KIND_LOOKS } from '../../lib/kinds';
import { BLOCKED_BY, ORDER_FAILURES, ORDER_LOOKS } from '../../lib/sensor-words';
import type { Tone } from '../../lib/states';
import { Button } from '../../parts/button';
import { Chip } from '../../parts/chip';
import { ErrorNotice } from '../../parts/notices';
import type { IconName } from '../../parts/icon';
import { Ago, Lasting } from '../../parts/time';
import styles from './orders.module.css';

const TONE_ICONS: Record<Tone, IconName> = {
  ok: 'check',
  busy: 'clock',
  warn: 'warning',
  bad: 'cross',
  idle: 'cross',
};

interface OrderRowProps {
  readonly order: Acquisition;
  readonly zone: string | undefined;
  readonly mayCancel: boolean;
  /** The order is another one now. */
  readonly onChanged: () => void;
}

/** One order: how far it is, what it waits for or why it failed, and the reading that it led to. */
export function OrderRow({ order, zone, mayCancel, onChanged }: OrderRowProps) {
  const cancel = useMutation({ ...cancelAcquisitionMutation(), onSettled: onChanged });
  const { kind, state, reading_id: readingId, late_reading_id: lateId } = order;
  const { label, tone } = ORDER_LOOKS[state];
  return (
    <li className={styles.row} data-state={state}>
      <div className={styles.line}>
        <span aria-live="polite">
          <Chip tone={tone} icon={TONE_ICONS[tone]} label={label} />
        </span>
        <span className={styles.kind}>{KIND_LOOKS[kind].label}</span>
        <span className="muted">
          {order.ended_at === null ? (
            <>
              for <Lasting at={order.created_at} zone={zone} />
            </>
          ) : (
            <Ago at={order.ended_at} zone={zone} />
          )}
        </span>
        <span className={styles.end}>
          {readingId !== null && (
            <Link to="/readings/$id" params={{ id: readingId }}>
              Open the reading
            </Link>
          )}
          {state === 'queued' && mayCancel && (
            <Button isBusy={cancel.isPending} onClick={() => cancel.mutate({ path: { id: order.id } })}>
              Cancel
            </Button>
          )}
        </span>
      </div>
      {order.ended_at === null && <Steps order={order} />}
      <Remarks order={order} />
      {lateId !== null && (
        <p>
          A reading came afterwards:{' '}
          <Link to="/readings/$id" params={{ id: lateId }}>
            open it
          </Link>
        </p>
      )}
      {cancel.error && <ErrorNotice error={cancel.error} what="The order was not cancelled" />}
    </li>
  );
}

/** What an order goes through; a gateway announces the third step for vibration only. */
const STEPS = [
  ['queued', 'Ordered'],
  ['sent', 'Sent to the gateway'],
  ['started', 'Sensor measures'],
  ['completed', 'Reading stored'],
] as const;

function Steps({ order: { kind, state } }: { readonly order: Acquisition }) {
  const steps = STEPS.filter(([step]) => step !== 'started' || kind === 'vibration');
  const reached = steps.findIndex(([step]) => step === (state === 'recovering' ? 'sent' : state));
  return (
    <ol className={styles.steps}>
      {steps.map(([step, label], index) => (
        <li
          key={step}
          className={styles.step}
          data-reached={index <= reached || undefined}
          aria-current={index === reached ? 'step' : undefined}
        >
          {label}
        </li>
      ))}
    </ol>
  );
}

/** Whatever there is to know about the order, in words. */
function Remarks({ order }: { readonly order: Acquisition }) {
  const { state, blocked_by: blockedBy, failure, attribution, source } = order;
  return (
    <>
      {state === 'queued' && blockedBy !== null && <p>{BLOCKED_BY[blockedBy]}</p>}
      {state === 'recovering' && (
        <p>The connection was lost after the command was sent: the reading is looked for in the history.</p>
      )}
      {state === 'expired' && <p>It could not be sent in time.</p>}
      {failure && (
        <p>
          {ORDER_FAILURES[failure.code]} {failure.message !== null && <q>{failure.message}</q>}{' '}
          <code>{failure.code}</code>
        </p>
      )}
      {state === 'completed' && source === 'history' && (
        <p className="muted">The connection was lost meanwhile; the reading was found in the history.</p>
      )}
      {state === 'completed' && attribution === 'assumed' && (
        <p className="muted">The first reading after the order: it may be one of the sensor’s own schedule.</p>
      )}
    </>
  );
}
