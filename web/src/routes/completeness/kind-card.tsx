import type { Completeness } from '../../../.generated/types.gen';
import { countOf, formatCount } from '../../lib/format';
import { KIND_LOOKS } from '../../lib/kinds';
import { STATEMENT_LOOKS } from '../../lib/sensor-words';
import { Facts } from '../../parts/facts';
import { Panel } from '../../parts/panel';
import { Ago } from '../../parts/time';
import { StatementChip } from './statement-chip';
import styles from './completeness.module.css';

type KindCompleteness = Completeness['kinds'][number];

const SCOPES = {
  unknown: null,
  gateway: 'All records together',
  sensor: 'Those of each sensor',
  none: 'Nothing useful',
} as const;
const RANGES_SHOWN = 5;

interface KindCardProps {
  readonly kind: KindCompleteness;
  readonly zone: string | undefined;
}

/** What is known about the completeness of one kind of readings. */
export function KindCard({ kind, zone }: KindCardProps) {
  const { statement, verified_through: through, known, gaps, catching_up: progress } = kind;
  return (
    <Panel title={KIND_LOOKS[kind.kind].label} beside={<StatementChip statement={statement} />}>
      <div className={styles.kind}>
        <p>{STATEMENT_LOOKS[statement].means}</p>
        {progress && <Progress done={progress.done} left={progress.left} />}
        <Facts
          facts={[
            ['Verified', through === null ? 'Never' : <Ago key="through" at={through} zone={zone} />],
            ['Numbered', `${countOf(known, 'record')} stored`],
            ['Looked for', missingText(kind.missing)],
            ['Gaps', gaps === 0 ? 'None' : countOf(gaps, 'open gap')],
            ['Reaches back to', kind.oldest_at_gateway],
            ['It numbers', SCOPES[kind.id_scope]],
            ['Began anew', kind.eras > 1 ? countOf(kind.eras - 1, 'time') : null],
          ]}
        />
      </div>
    </Panel>
  );
}

function Progress({ done, left }: { readonly done: number; readonly left: number }) {
  return (
    <div className={styles.progress}>
      <progress max={done + left} value={done} aria-label="Questions to the gateway that it has answered" />
      <span>
        {formatCount(done)} answered, {formatCount(left)} open
      </span>
    </div>
  );
}

/** Which record numbers are looked for; null if none is. */
function missingText(missing: KindCompleteness['missing']): string | null {
  if (missing.length === 0) return null;
  const ranges = missing
    .slice(0, RANGES_SHOWN)
    .map(({ from_id: from, to_id: to }) => (from === to ? String(from) : `${from}–${to}`));
  const more = missing.length - ranges.length;
  return `${ranges.join(', ')}${more > 0 ? ` and ${countOf(more, 'more range')}` : ''}`;
}
