import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { orderConnections } from '../../.generated/sdk.gen';
import type { BulkOrder, BulkOrderResult } from '../../.generated/types.gen';
import { countOf } from '../lib/format';
import { Button } from '../parts/button';
import { ConfirmDialog } from '../parts/confirm-dialog';
import { ErrorNotice, Notice } from '../parts/notices';
import styles from './bulk-actions.module.css';

/** The service takes no more in one order. */
const MOST = 1000;

/** Names of gateways by their ids. */
export type Selection = ReadonlyMap<string, string>;

type Action = BulkOrder['action'];

interface Outcome extends BulkOrderResult {
  readonly action: Action;
  readonly names: Selection;
}

const DONE: Readonly<Record<Action, string>> = { connect: 'connected', disconnect: 'disconnected' };

const REFUSALS: Readonly<Record<BulkOrderResult['failed'][number]['code'], string>> = {
  GATEWAY_NOT_FOUND: 'It does not exist any more.',
  OWNERSHIP_UNCERTAIN: 'Its replica cannot reach the database at the moment. Try again.',
  OWNER_UNREACHABLE: 'Its replica has not answered, and may have carried out the order. Try again.',
  ACCOUNT_BUDGET_SPENT: 'Its login was refused too often within an hour. Correct the password, or wait.',
};

/** What one may do with the selected gateways, and what became of each. */
export function BulkActions({ selected, onClear }: { readonly selected: Selection; readonly onClear: () => void }) {
  const [isAsking, ask] = useState(false);
  const order = useMutation({
    mutationFn: async (action: Action): Promise<Outcome> => {
      const { data } = await orderConnections({ body: { action, ids: [...selected.keys()] }, throwOnError: true });
      return { ...data, action, names: selected };
    },
    onSettled: () => ask(false),
  });
  const isTooMany = selected.size > MOST;
  return (
    <div className={styles.bulk}>
      {selected.size > 0 && (
        <div className={styles.bar} role="group" aria-label="Selected gateways">
          <strong>{countOf(selected.size, 'gateway')} selected</strong>
          <Button disabled={isTooMany} isBusy={order.isPending} onClick={() => order.mutate('connect')}>
            Connect
          </Button>
          <Button disabled={isTooMany} onClick={() => ask(true)}>
            Disconnect
          </Button>
          <Button look="quiet" onClick={onClear}>
            Clear selection
          </Button>
          {isTooMany && <span>No more than {countOf(MOST, 'gateway')} at once.</span>}
        </div>
      )}
      {order.error && <ErrorNotice what="No gateway was changed" error={order.error} />}
      {order.data && <Result outcome={order.data} onClose={order.reset} />}
      {isAsking && (
        <ConfirmDialog
          title={`Disconnect ${countOf(selected.size, 'gateway')}?`}
          confirm="Disconnect"
          isBusy={order.isPending}
          error={null}
          onConfirm={() => order.mutate('disconnect')}
          onClose={() => ask(false)}
        >
          <p>Their sessions end. They stay disconnected, also after a restart, until somebody connects them.</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

/** Those that were refused come first: somebody must act on them. */
function Result({ outcome, onClose }: { readonly outcome: Outcome; readonly onClose: () => void }) {
  const { action, accepted, failed, names } = outcome;
  return (
    <Notice tone={failed.length === 0 ? 'ok' : 'warn'}>
      <div className={styles.summary} role="status">
        <span>
          {countOf(accepted.length, 'gateway')} will be {DONE[action]}
          {failed.length > 0 && `, ${failed.length} will not`}.
        </span>
        <Button look="quiet" onClick={onClose}>
          Close
        </Button>
      </div>
      <details open={failed.length > 0}>
        <summary>Each gateway</summary>
        <ul className={styles.each}>
          {failed.map(({ id, code }) => (
            <li key={id}>
              <strong>{names.get(id) ?? id}</strong>: {REFUSALS[code]} <code>{code}</code>
            </li>
          ))}
          {accepted.map((id) => (
            <li key={id}>{names.get(id) ?? id}: accepted</li>
          ))}
        </ul>
      </details>
    </Notice>
  );
}
