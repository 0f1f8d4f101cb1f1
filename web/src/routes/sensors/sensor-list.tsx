import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listSensorsOptions } from '../../../.generated/@tanstack/react-query.gen';
import { useReadingsInterval } from '../../live/readings-interval';
import { usePlaces } from '../../lib/places';
import { Choices } from '../../parts/choices';
import { DataTable } from '../../parts/data-table';
import { EmptyState, ErrorNotice, Loading } from '../../parts/notices';
import { Pager } from '../../parts/pager';
import { SearchBox } from '../../parts/search-box';
import { Moment } from '../../parts/time';
import { sensorColumns } from './sensor-columns';
import { CONNECTIONS, SENSOR_SORTS } from './sensors-search';
import type { SensorsSearch } from './sensors-search';
import styles from './sensors.module.css';

interface SensorListProps {
  /** Only those of this gateway. */
  readonly gatewayId?: string;
  readonly search: SensorsSearch;
  /** Changes what the address says. */
  readonly onSearch: (changes: SensorsSearch) => void;
}

const CONNECTION_LABELS = [
  ['all', 'All'],
  ['connected', 'Connected'],
  ['disconnected', 'Out of reach'],
  ['unknown', 'Unknown'],
] as const;

/** Sensors, a page at a time, with the age of their newest readings. What is filtered, sorted and shown is in the address. */
export function SensorList({ gatewayId, search, onSearch }: SensorListProps) {
  const { connection, q, sort = 'name_ci', page = 1, size = 25 } = search;
  const refetchInterval = useReadingsInterval();
  const query = {
    limit: size,
    offset: (page - 1) * size,
    sort,
    ...(gatewayId !== undefined && { gateway_id: gatewayId }),
    ...(connection && { connection }),
    ...(q !== undefined && { search: q }),
  };
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...listSensorsOptions({ query }),
    refetchInterval,
    placeholderData: keepPreviousData,
  });
  const places = usePlaces(data?.data.map(({ gateway_id: id }) => id) ?? []);
  const asOf = data?.data[0]?.as_of;
  const isFiltered = connection !== undefined || q !== undefined;
  return (
    <>
      <div className={styles.filters}>
        <SearchBox
          label="Search name or serial"
          value={q}
          onSearch={(next) => onSearch({ q: next, page: undefined })}
        />
        <Choices
          label="Connection"
          options={CONNECTION_LABELS}
          chosen={[connection ?? 'all']}
          onChoose={(next) => onSearch({ connection: CONNECTIONS.find((each) => each === next), page: undefined })}
        />
        {asOf && (
          <span className={styles.asOf}>
            As of <Moment at={asOf} zone={gatewayId === undefined ? undefined : places.get(gatewayId)?.zone} />
          </span>
        )}
      </div>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={8} />}
      {data && (
        <div className={styles.list} aria-busy={isPlaceholderData || undefined}>
          {data.data.length === 0 ? (
            <NoSensors isFiltered={isFiltered} gatewayId={gatewayId} />
          ) : (
            <DataTable
              label="Sensors"
              columns={sensorColumns(places, gatewayId === undefined)}
              rows={data.data}
              keyOf={({ id }) => id}
              sort={sort}
              onSort={(next) =>
                onSearch({ sort: SENSOR_SORTS.find((each) => each === next && each !== 'name_ci'), page: undefined })
              }
            />
          )}
          <Pager
            pagination={data.pagination}
            onPage={(next) => onSearch({ page: next === 1 ? undefined : next })}
            onSize={(next) => onSearch({ size: next === 25 ? undefined : next, page: undefined })}
          />
        </div>
      )}
    </>
  );
}

interface NoSensorsProps {
  readonly isFiltered: boolean;
  readonly gatewayId: string | undefined;
}

function NoSensors({ isFiltered, gatewayId }: NoSensorsProps) {
  if (isFiltered) return <EmptyState title="No sensor matches the search and the filter." />;
  return gatewayId === undefined ? (
    <EmptyState title="No gateway has reported a sensor yet.">
      <p>Gateways list their sensors a few seconds after they have connected.</p>
      <Link to="/gateways">Look at the gateways</Link>
    </EmptyState>
  ) : (
    <EmptyState title="This gateway has not reported a sensor yet.">
      It lists its sensors a few seconds after it has connected.
    </EmptyState>
  );
}
