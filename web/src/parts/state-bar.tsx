import type { ConnectionState } from '../../.generated/types.gen';
import { STATE_LOOKS, STATES } from '../lib/states';
import styles from './state-bar.module.css';

/** How many gateways are in each state, as a bar. Beside it the counts must be said in words. */
export function StateBar({ counts }: { readonly counts: Partial<Record<ConnectionState, number>> }) {
  return (
    <span className={styles.bar} aria-hidden="true">
      {STATES.map((state) => {
        const count = counts[state] ?? 0;
        return count === 0 ? null : (
          <span key={state} data-tone={STATE_LOOKS[state].tone} data-state={state} style={{ flexGrow: count }} />
        );
      })}
    </span>
  );
}
