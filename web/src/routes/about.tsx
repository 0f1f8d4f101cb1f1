import { useQuery } from '@tanstack/react-query';
import { getHealthOptions } from '../../.generated/@tanstack/react-query.gen';
import { serviceUrl } from '../lib/base';
import { formatDuration } from '../lib/format';
import { useRefetchInterval } from '../live/live';
import { Facts } from '../parts/facts';
import { ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { Moment } from '../parts/time';

const DATABASE: Record<string, string> = {
  up: 'Up',
  read_only: 'Answers, but accepts no writes',
  disk_full: 'Its disk is full: it accepts no writes',
  down: 'Down',
};

/** The service itself: its version, its database, and where its documentation is. */
export function About() {
  const refetchInterval = useRefetchInterval();
  const { data, error, refetch } = useQuery({ ...getHealthOptions(), refetchInterval });
  return (
    <>
      <PageHead title="About" lede="The service that this console belongs to." />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Panel title="Gateway hub">
          <Facts
            facts={[
              ['Version', data.version ?? null],
              ['Running for', data.uptime === undefined ? null : formatDuration(data.uptime * 1000)],
              ['Database', data.database === undefined ? null : (DATABASE[data.database] ?? data.database)],
              [
                'API keys',
                data.auth === undefined ? null : data.auth === 'keys' ? 'Required' : 'Off: everybody may do everything',
              ],
              ['Sessions', data.connections ? 'Held by this service' : 'Held by another replica'],
              ['As of', <Moment key="at" at={data.timestamp} />],
              [
                'Documentation',
                <a key="docs" href={`${serviceUrl}/docs`}>
                  API documentation
                </a>,
              ],
            ]}
          />
        </Panel>
      )}
    </>
  );
}
