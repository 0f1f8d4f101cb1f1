import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getFleetSummaryOptions } from '../../.generated/@tanstack/react-query.gen';
import type { FleetSummary } from '../../.generated/types.gen';
import { countOf, formatCount } from '../lib/format';
import { useMoves, useRefetchInterval } from '../live/live';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { StateChip } from '../parts/state-chip';
import { Ago, Moment } from '../parts/time';
import { StateCounts } from './state-counts';
import { Reasons, Trouble, TroubledFactories } from './overview-trouble';
import styles from './overview.module.css';

/** The whole fleet: how many gateways are in which state, which need somebody, and what happens now. */
export function Overview() {
  const refetchInterval = useRefetchInterval();
  const { data, error, refetch } = useQuery({ ...getFleetSummaryOptions(), refetchInterval });
  return (
    <>
      <PageHead
        title="Overview"
        lede={
          data && (
            <>
              <span className="live-count">{sentenceOf(data)} </span>
              <span className="nowrap">
                As of <Moment at={data.as_of} />
              </span>
            </>
          )
        }
      />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && <StateCounts counts={data.by_state} />}
      <div className={styles.columns}>
        <div className="stack">
          <Trouble />
          <TroubledFactories />
        </div>
        <div className="stack">
          {data && data.by_reason.length > 0 && <Reasons summary={data} />}
          <Moves />
        </div>
      </div>
    </>
  );
}

/** `4 of 6 wanted gateways are connected; 2 are not.` */
function sentenceOf({ total, wanted, trouble: { count: missing } }: FleetSummary): string {
  if (total === 0) return 'No gateway is registered.';
  if (wanted === 0) return 'No gateway is wanted connected.';
  const connected = wanted - missing;
  const rest = missing === 0 ? '' : `; ${formatCount(missing)} ${missing === 1 ? 'is' : 'are'} not`;
  return `${formatCount(connected)} of ${countOf(wanted, 'wanted gateway')} ${connected === 1 ? 'is' : 'are'} connected${rest}.`;
}

function Moves() {
  const moves = useMoves();
  return (
    <Panel title="What happens now">
      {moves.length === 0 ? (
        <EmptyState title="Nothing has changed since this page was opened." />
      ) : (
        <ol className={styles.moves}>
          {moves.map(({ id, name, state, as_of: at }) => (
            <li key={`${id} ${at} ${state}`}>
              <StateChip state={state} />
              <Link to="/gateways/$id" params={{ id }} className={styles.who}>
                {name}
              </Link>
              <span className="muted">
                <Ago at={at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
