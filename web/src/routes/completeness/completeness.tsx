import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { getGatewayCompletenessOptions, listGatewayGapsOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { Completeness } from '../../../.generated/types.gen';
import { usePlaces } from '../../lib/places';
import { useReadingsInterval } from '../../live/readings-interval';
import { ErrorNotice, Loading, Notice } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { Moment } from '../../parts/time';
import { GatewayHead } from '../gateway-head';
import { Backfills } from './backfills';
import { Gaps } from './gaps';
import { KindCard } from './kind-card';
import styles from './completeness.module.css';

/** How often a gateway that is catching up is looked at. */
const CATCHING_UP_MS = 2000;

/** Whether everything that a gateway has measured is stored; what is missing, why, and fetching it again. */
export function CompletenessPage() {
  const { id } = useParams({ from: '/shell/gateways/$id/completeness' });
  return <OfGateway key={id} id={id} />;
}

function OfGateway({ id }: { readonly id: string }) {
  const { backfill } = useSearch({ from: '/shell/gateways/$id/completeness' });
  const navigate = useNavigate({ from: '/gateways/$id/completeness' });
  const interval = useReadingsInterval();
  const { data, error, refetch } = useQuery({
    ...getGatewayCompletenessOptions({ path: { id } }),
    refetchInterval: ({ state }) => (isCatchingUp(state.data) ? CATCHING_UP_MS : interval),
  });
  const gaps = useQuery({ ...listGatewayGapsOptions({ path: { id } }), refetchInterval: interval });
  const zone = usePlaces([id]).get(id)?.zone;
  return (
    <>
      <GatewayHead id={id} />
      <div className="stack">
        {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Loading lines={6} />}
        {data && (
          <>
            <ZoneCorrection correction={data.zone_correction} zone={zone} />
            <div className={styles.kinds}>
              {data.kinds.map((each) => (
                <KindCard key={each.kind} kind={each} zone={zone} />
              ))}
            </div>
            <p className={styles.asOf}>
              As of <Moment at={data.as_of} zone={zone} />
            </p>
          </>
        )}
        <Panel title="Gaps" isFlush={(gaps.data?.items.length ?? 0) > 0}>
          {gaps.error && <ErrorNotice error={gaps.error} onRetry={() => void gaps.refetch()} />}
          {gaps.isPending && <Loading lines={3} />}
          {gaps.data && <Gaps gaps={gaps.data.items} />}
        </Panel>
        <Backfills
          gatewayId={id}
          chosen={backfill}
          zone={zone}
          onChoose={(next) => void navigate({ search: { backfill: next }, resetScroll: false })}
        />
      </div>
    </>
  );
}

function isCatchingUp(completeness: Completeness | undefined): boolean {
  return completeness?.kinds.some(({ statement }) => statement === 'catching_up') === true;
}

interface ZoneCorrectionProps {
  readonly correction: Completeness['zone_correction'];
  readonly zone: string | undefined;
}

/** While times are being computed anew, some readings still have the time of the earlier zone. */
function ZoneCorrection({ correction, zone }: ZoneCorrectionProps) {
  if (!correction) return null;
  return (
    <Notice tone="busy">
      <p>
        <strong>Times of stored readings are being corrected</strong> to the zone {correction.zone}, newest days first.{' '}
        {correction.done_from === null ? 'None is done yet' : `Readings since ${correction.done_from} are done`};
        ordered <Moment at={correction.ordered_at} zone={zone} />.
      </p>
    </Notice>
  );
}
