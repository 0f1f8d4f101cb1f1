import { useQuery } from '@tanstack/react-query';
import { getAboutOptions } from '../../.generated/@tanstack/react-query.gen';
import type { About as Service } from '../../.generated/types.gen';
import { serviceUrl } from '../lib/base';
import { countOf } from '../lib/format';
import { useRefetchInterval } from '../live/live';
import { Facts } from '../parts/facts';
import { ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { Lasting } from '../parts/time';

const DATABASE: Record<Service['database'], string> = {
  up: 'Up',
  read_only: 'Answers, but accepts no writes',
  disk_full: 'Its disk is full: it accepts no writes',
  down: 'Down',
};

/** The service itself: its version, its database, and where its documentation is. */
export function About() {
  const refetchInterval = useRefetchInterval();
  const { data, error, refetch } = useQuery({ ...getAboutOptions(), refetchInterval });
  return (
    <>
      <PageHead title="About" lede="The service that this console belongs to." />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Panel title="Gateway hub">
          <Facts
            facts={[
              ['Version', data.version],
              ['Node.js', data.node],
              ['Running for', <Lasting key="started" at={data.started_at} />],
              ['Database', DATABASE[data.database]],
              ['Sessions', data.holds_sessions ? 'Held by this process' : 'Held by another process'],
              [
                'Event streams',
                `At most ${data.limits.max_streams}, ${data.limits.max_streams_per_actor} of one caller`,
              ],
              ['History of connections', `Kept for ${countOf(data.limits.event_retention_days, 'day')}`],
              ['Readings', `Kept for ${countOf(data.limits.readings_retention_days, 'day')}`],
              ['API keys', data.features.auth === 'keys' ? 'Required' : 'Off: everybody may do everything'],
              ['Metrics', data.features.metrics !== 'off' && <Metrics key="metrics" access={data.features.metrics} />],
              [
                'Documentation',
                data.features.docs && (
                  <a key="docs" href={`${serviceUrl}/docs`}>
                    API documentation
                  </a>
                ),
              ],
            ]}
          />
        </Panel>
      )}
    </>
  );
}

/** A browser sends no `Authorization`, so it cannot open what wants one. */
function Metrics({ access }: { readonly access: Service['features']['metrics'] }) {
  if (access === 'open') return <a href={`${serviceUrl}/metrics`}>For Prometheus</a>;
  return (
    <>
      For Prometheus at <code>/metrics</code>, with METRICS_TOKEN or an API key
    </>
  );
}
