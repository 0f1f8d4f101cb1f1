import { Link } from '@tanstack/react-router';
import type { FleetSummary } from '../../.generated/types.gen';
import { formatCount } from '../lib/format';
import { STATE_LOOKS, STATES } from '../lib/states';
import { StateBar } from '../parts/state-bar';
import { StateShape } from '../parts/state-chip';
import type { GatewaysSearch } from './gateways-search';
import styles from './state-counts.module.css';

interface StateCountsProps {
  readonly counts: FleetSummary['by_state'];
  /** What else the list is limited to that a count leads to, such as a factory. */
  readonly within?: GatewaysSearch;
}

/** How many gateways are in each state. Each count leads to the list of them. */
export function StateCounts({ counts, within = {} }: StateCountsProps) {
  return (
    <section aria-label="Gateways by state" className={styles.counts}>
      <StateBar counts={counts} />
      <ul className={styles.tiles}>
        {STATES.map((state) => (
          <li key={state}>
            <Link
              to="/gateways"
              search={{ ...within, state: [state] }}
              className={styles.tile}
              data-empty={!counts[state] || undefined}
            >
              <span className={styles.name}>
                <StateShape state={state} />
                {STATE_LOOKS[state].label}
              </span>
              <span className={`live-count ${styles.number}`}>{formatCount(counts[state])}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
