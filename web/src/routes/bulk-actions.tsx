import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { countOf } from '../lib/format';
import { Button } from '../parts/button';
import { ConfirmDialog } from '../parts/confirm-dialog';
import { ErrorNotice, Notice } from '../parts/notices';
import { useMay } from '../shell/session';
import { orderAll } from './bulk-orders';
import type { BulkAction, BulkOutcome, Selection } from './bulk-orders';
import styles from './bulk-actions.module.css';

/** The service takes no more in one order. */
const MOST = 1000;

interface BulkActionsProps {
  readonly selected: Selection;
  readonly onSelect: (selected: Selection) => void;
}

/** What one may do with the selected gateways, and what became of each. */
export function BulkActions({ selected, onSelect }: BulkActionsProps) {
  const queries = useQueryClient();
  const [asked, ask] = useState<'disconnect' | 'delete' | null>(null);
  const order = useMutation({
    mutationFn: (action: BulkAction) => orderAll(action, selected),
    onSuccess: async ({ action, accepted }) => {
      if (action !== 'delete') return;
      onSelect(new Map([...selected].filter(([id]) => !accepted.includes(id))));
      await queries.invalidateQueries();
    },
    onSettled: () => ask(null),
  });
  return (
    <div className={styles.bulk}>
      {selected.size > 0 && (
        <Bar
          count={selected.size}
          isBusy={order.isPending}
          onConnect={() => order.mutate('connect')}
          onAsk={ask}
          onClear={() => onSelect(new Map())}
        />
      )}
      {order.error && <ErrorNotice what="No gateway was changed" error={order.error} />}
      {order.data && <Result outcome={order.data} onClose={order.reset} />}
      {asked !== null && (
        <Question
          action={asked}
          count={selected.size}
          isBusy={order.isPending}
          onConfirm={() => order.mutate(asked)}
          onClose={() => ask(null)}
        />
      )}
    </div>
  );
}

interface BarProps {
  readonly count: number;
  readonly isBusy: boolean;
  readonly onConnect: () => void;
  readonly onAsk: (action: 'disconnect' | 'delete') => void;
  readonly onClear: () => void;
}

function Bar({ count, isBusy, onConnect, onAsk, onClear }: BarProps) {
  const [mayOrder, mayWrite] = [useMay('connections:order'), useMay('gateways:write')];
  const isTooMany = count > MOST;
  return (
    <div className={styles.bar} role="group" aria-label="Selected gateways">
      <strong>{countOf(count, 'gateway')} selected</strong>
      {mayOrder && (
        <>
          <Button disabled={isTooMany} isBusy={isBusy} onClick={onConnect}>
            Connect
          </Button>
          <Button disabled={isTooMany} onClick={() => onAsk('disconnect')}>
            Disconnect
          </Button>
        </>
      )}
      {mayWrite && (
        <Button look="danger" disabled={isTooMany} onClick={() => onAsk('delete')}>
          Delete
        </Button>
      )}
      <Button look="quiet" onClick={onClear}>
        Clear selection
      </Button>
      {isTooMany && <span>No more than {countOf(MOST, 'gateway')} at once.</span>}
    </div>
  );
}

interface QuestionProps {
  readonly action: 'disconnect' | 'delete';
  readonly count: number;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

function Question({ action, count, ...rest }: QuestionProps) {
  const gateways = countOf(count, 'gateway');
  if (action === 'disconnect') {
    return (
      <ConfirmDialog title={`Disconnect ${gateways}?`} confirm="Disconnect" error={null} {...rest}>
        <p>Their sessions end. They stay disconnected, also after a restart, until somebody connects them.</p>
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog title={`Delete ${gateways}?`} confirm={`Delete ${gateways}`} typed={gateways} error={null} {...rest}>
      <p>
        Their sessions end, and they disappear from all lists with their sensors and readings. The console cannot bring
        them back.
      </p>
    </ConfirmDialog>
  );
}

const DONE: Readonly<Record<BulkAction, readonly [done: string, refused: string]>> = {
  connect: ['will be connected', 'will not'],
  disconnect: ['will be disconnected', 'will not'],
  delete: ['deleted', 'not'],
};

/** Those that were refused come first: somebody must act on them. */
function Result({ outcome, onClose }: { readonly outcome: BulkOutcome; readonly onClose: () => void }) {
  const { action, accepted, failed, names } = outcome;
  const [done, notDone] = DONE[action];
  return (
    <Notice tone={failed.length === 0 ? 'ok' : 'warn'}>
      <div className={styles.summary} role="status">
        <span>
          {countOf(accepted.length, 'gateway')} {done}
          {failed.length > 0 && `, ${failed.length} ${notDone}`}.
        </span>
        <Button look="quiet" onClick={onClose}>
          Close
        </Button>
      </div>
      <details open={failed.length > 0}>
        <summary>Each gateway</summary>
        <ul className={styles.each}>
          {failed.map(({ id, code, why }) => (
            <li key={id}>
              <strong>{names.get(id) ?? id}</strong>: {why} <code>{code}</code>
            </li>
          ))}
          {accepted.map((id) => (
            <li key={id}>
              {names.get(id) ?? id}: {action === 'delete' ? 'deleted' : 'accepted'}
            </li>
          ))}
        </ul>
      </details>
    </Notice>
  );
}
