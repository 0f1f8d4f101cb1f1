import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getGatewayTimelineOptions } from '../../.generated/@tanstack/react-query.gen';
import type { ConnectionTimeline, ConnectionTimelinePart } from '../../.generated/types.gen';
import { STATE_LOOKS } from '../lib/states';
import { formatShare, sharesOf } from '../lib/timeline';
import { formatMoment, useZone, zoneName } from '../lib/zones';
import { Choices } from '../parts/choices';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { Panel } from '../parts/panel';
import { StateShape } from '../parts/state-chip';
import { Moment } from '../parts/time';
import { SPAN_NAMES, SPANS } from './gateway-search';
import type { Span } from './gateway-search';
import styles from './gateway-timeline.module.css';

const OPTIONS = SPAN_NAMES.map((name) => [name, SPANS[name].label] as const);
const REFETCH_MS = 60_000;

interface TimelineProps {
  readonly id: string;
  readonly zone: string | undefined;
  readonly span: Span;
  readonly onSpan: (span: Span) => void;
}

/** In which states the connection was: a strip, and how much of the time that is. */
export function GatewayTimeline({ id, zone, span, onSpan }: TimelineProps) {
  const { hours, parts } = SPANS[span];
  const { data, error, refetch } = useQuery({
    ...getGatewayTimelineOptions({ path: { id }, query: { hours, parts } }),
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  });
  const isKnown = data !== undefined && sharesOf(data.data).length > 0;
  return (
    <Panel title="States" beside={<Choices label="Period" options={OPTIONS} chosen={[span]} onChoose={onSpan} />}>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={2} />}
      {data && !isKnown && <EmptyState title="Nothing is known of this time." />}
      {data && isKnown && <Strip timeline={data} zone={zone} />}
    </Panel>
  );
}

function Strip({ timeline, zone }: { readonly timeline: ConnectionTimeline; readonly zone: string | undefined }) {
  const { from, to, data, part_s: length } = timeline;
  const shown = useZone(zone);
  return (
    <figure className={styles.figure}>
      <div className={styles.strip} aria-hidden="true">
        {data.map((part) => (
          <Part key={part.at} part={part} length={length} zone={shown} />
        ))}
      </div>
      <div className={styles.ends}>
        <Moment at={from} zone={zone} nameless />
        <Moment at={to} zone={zone} />
      </div>
      <figcaption>
        <ul className={styles.legend} aria-label="Share of the time in each state">
          {sharesOf(data).map(({ state, share }) => (
            <li key={state} data-tone={STATE_LOOKS[state].tone}>
              <StateShape state={state} />
              {STATE_LOOKS[state].label} <span className="live-count">{formatShare(share)}</span>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

interface PartProps {
  readonly part: ConnectionTimelinePart;
  /** In seconds. */
  readonly length: number;
  readonly zone: string;
}

/** As high as each state lasted. Of what nothing is known, nothing is shown. */
function Part({ part: { at, seconds }, length, zone }: PartProps) {
  const shares = sharesOf([{ seconds }]);
  const known = Object.values(seconds).reduce((sum, lasted) => sum + lasted, 0);
  const begins = Date.parse(at);
  const words = shares.map(({ state, share }) => `${STATE_LOOKS[state].label} ${formatShare(share)}`);
  const title = [`from ${formatMoment(begins, zone)} ${zoneName(begins, zone)}`, ...words].join('\n');
  return (
    <span className={styles.part} title={title}>
      <span style={{ flexGrow: Math.max(0, 1 - known / length) }} />
      {shares.map(({ state, share }) => (
        <span key={state} data-tone={STATE_LOOKS[state].tone} style={{ flexGrow: (share * known) / length }} />
      ))}
    </span>
  );
}
