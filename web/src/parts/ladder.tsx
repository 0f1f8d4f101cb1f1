import { ADVICE, OWNERS, STEPS } from '../lib/advice';
import { formatMs } from '../lib/format';
import type { Rung } from '../lib/ladder';
import { Icon } from './icon';
import styles from './ladder.module.css';

const RESULTS = { passed: 'passed', failed: 'failed', unused: 'not used', open: 'not reached' } as const;
const NAMES = new Map(STEPS.map(([step, label, what]) => [step, { label, what }]));

/** The steps of a connection from the bottom up: which succeeded, which failed, whose problem that is, and what to do. */
export function Ladder({ rungs }: { readonly rungs: readonly Rung[] }) {
  return (
    <ol className={styles.ladder}>
      {rungs.map((rung) => (
        <li key={rung.step} className={styles.rung} data-result={rung.result} data-step={rung.step}>
          <span className={styles.mark}>
            {rung.result === 'passed' && <Icon name="check" size={13} />}
            {rung.result === 'failed' && <Icon name="cross" size={13} />}
          </span>
          <div className={styles.words}>
            <p className={styles.line}>
              <span className={styles.name}>{NAMES.get(rung.step)?.label}</span>
              <span className="visually-hidden">: {RESULTS[rung.result]}.</span>
              <span className={styles.what}>
                {rung.result === 'unused' ? 'Not used: ws://' : NAMES.get(rung.step)?.what}
              </span>
              {rung.ms !== null && <span className={styles.ms}>{formatMs(rung.ms)}</span>}
            </p>
            {rung.reason && <Failure reason={rung.reason} />}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Failure({ reason }: { readonly reason: NonNullable<Rung['reason']> }) {
  const { label, owner, todo } = ADVICE[reason.code];
  return (
    <div className={styles.failure}>
      <p>
        <strong>{label}.</strong> {reason.message} <code>{reason.code}</code>
      </p>
      <p>
        <span className={styles.owner}>{OWNERS[owner]}</span> {todo}
      </p>
    </div>
  );
}
