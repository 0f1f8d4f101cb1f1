import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { getSensorOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { Sensor } from '../../../.generated/types.gen';
import { usePlaces } from '../../lib/places';
import type { Place } from '../../lib/places';
import { useReadingsInterval } from '../../live/readings-interval';
import { ErrorNotice, Loading } from '../../parts/notices';
import { PageHead } from '../../parts/page-head';
import { OverdueChip, SensorChip } from '../../parts/sensor-chip';
import { Moment } from '../../parts/time';
import { nameOf } from './sensor-name';
import { SensorOrders } from './sensor-orders';
import { SensorReadings } from './sensor-readings';
import { SensorSettings } from './sensor-settings';
import { SensorTiles } from './sensor-tiles';
import { SensorTrends } from './sensor-trends';
import type { SensorSearch } from './sensor-search';

/** One sensor: its newest readings, how they developed, all of them, and a measurement on demand. */
export function SensorPage() {
  const { id } = useParams({ from: '/shell/sensors/$id' });
  // By id, so that nothing of the last sensor is shown under the name of this one.
  return <OneSensor key={id} id={id} />;
}

function OneSensor({ id }: { readonly id: string }) {
  const search = useSearch({ from: '/shell/sensors/$id' });
  const navigate = useNavigate({ from: '/sensors/$id' });
  const refetchInterval = useReadingsInterval();
  const { data: sensor, error, refetch } = useQuery({ ...getSensorOptions({ path: { id } }), refetchInterval });
  const place = usePlaces(sensor ? [sensor.gateway_id] : []).get(sensor?.gateway_id ?? '');
  if (!sensor) {
    return (
      <>
        <PageHead title="Sensor" above={<Link to="/sensors">Sensors</Link>} />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Loading />}
      </>
    );
  }
  const parts = {
    sensor,
    zone: place?.zone,
    search,
    onSearch: (changes: SensorSearch) =>
      void navigate({ search: (old) => ({ ...old, ...changes }), resetScroll: false }),
  };
  return (
    <>
      <Head sensor={sensor} place={place} />
      <div className="stack">
        {error && <ErrorNotice error={error} />}
        <SensorTiles {...parts} />
        <SensorTrends {...parts} />
        <SensorOrders {...parts} />
        <SensorReadings {...parts} />
        <SensorSettings {...parts} />
      </div>
    </>
  );
}

function Head({ sensor, place }: { readonly sensor: Sensor; readonly place: Place | undefined }) {
  return (
    <PageHead
      title={nameOf(sensor)}
      above={
        <>
          <Link to="/sensors">Sensors</Link> ›{' '}
          <Link to="/gateways/$id/sensors" params={{ id: sensor.gateway_id }}>
            {place?.gateway ?? 'Gateway'}
          </Link>
        </>
      }
      beside={
        <>
          <SensorChip sensor={sensor} />
          <OverdueChip sensor={sensor} />
        </>
      }
      lede={
        <>
          Serial <code>{sensor.serial}</code> · {place?.factory ?? 'factory'} ·{' '}
          <span className="nowrap">
            as of <Moment at={sensor.as_of} zone={place?.zone} />
          </span>
        </>
      }
    />
  );
}
