import type { ConnectionState } from '../../.generated/types.gen';
import { STATE_LOOKS } from '../lib/states';
import styles from './state-chip.module.css';

/** A shape of its own for each state, so that nobody has to tell colours apart. */
const SHAPES: Record<ConnectionState, React.ReactElement> = {
  connected: <circle cx="6" cy="6" r="4.5" fill="currentColor" stroke="none" />,
  connecting: <Ring />,
  authenticating: <Ring />,
  reconnecting: <path d="M6 1.5 11 10.5H1z" fill="currentColor" />,
  auth_failed: (
    <>
      <rect x="1" y="1" width="10" height="10" rx="2" fill="currentColor" stroke="none" />
      <path d="M5.7 4.6a1.3 1.3 0 1 0-.9 1.3L7.6 8.7h1V7.5L5.7 4.6" stroke="var(--tint)" strokeWidth="0.9" />
    </>
  ),
  disconnected: <path d="M2 6h8" strokeWidth="2.2" />,
  unknown: <path d="M4 4.2a2 2 0 1 1 2.7 1.9c-.5.2-.7.5-.7 1.1M6 9.3v.1" />,
};

function Ring() {
  return (
    <>
      <circle cx="6" cy="6" r="4.3" opacity="0.3" />
      <path className={styles.arc} d="M6 1.7A4.3 4.3 0 0 1 10.3 6" />
    </>
  );
}

/** The picture of a state, without its word. */
export function StateShape({ state }: { readonly state: ConnectionState }) {
  return (
    <svg
      aria-hidden="true"
      className={styles.shape}
      data-tone={STATE_LOOKS[state].tone}
      viewBox="0 0 12 12"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {SHAPES[state]}
    </svg>
  );
}

/** The state of a connection: a shape, a word and a colour. It is hatched and grey while the page is not live. */
export function StateChip({ state }: { readonly state: ConnectionState }) {
  return (
    <span className={styles.chip} data-tone={STATE_LOOKS[state].tone} data-state={state}>
      <StateShape state={state} />
      {STATE_LOOKS[state].label}
    </span>
  );
}
