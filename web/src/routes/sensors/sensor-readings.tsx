import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listSensorReadings } from '../../../.generated/sdk.gen';
import type { Reading, Sensor } from '../../../.generated/types.gen';
import { formatFigure, withUnit } from '../../lib/figures';
import { AXES, KIND_LOOKS, KINDS, unitOf } from '../../lib/kinds';
import { ORIGINS, TIME_REMARKS } from '../../lib/sensor-words';
import { useReadingsInterval } from '../../live/readings-interval';
import { Button } from '../../parts/button';
import { Choices } from '../../parts/choices';
import { DataTable } from '../../parts/data-table';
import type { Column } from '../../parts/data-table';
import { Icon } from '../../parts/icon';
import { EmptyState, ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { Ago, Moment } from '../../parts/time';
import type { SensorPart } from './sensor-part';
import styles from './sensor.module.css';

const ROWS = 10;
const KIND_OPTIONS = [['all', 'All'] as const, ...KINDS.map((kind) => [kind, KIND_LOOKS[kind].label] as const)];

/** The readings of a sensor, the one that was measured last first. */
export function SensorReadings({ sensor, zone, search: { kind }, onSearch }: SensorPart) {
  const refetchInterval = useReadingsInterval();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['sensor-readings', sensor.id, kind],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor, signal }) => {
      const query = { limit: ROWS, ...(kind && { kind }), ...(cursor !== undefined && { cursor }) };
      return (await listSensorReadings({ path: { id: sensor.id }, query, signal, throwOnError: true })).data;
    },
    getNextPageParam: ({ pagination }) => pagination.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval,
  });
  const rows = data?.pages.flatMap((page) => page.data) ?? [];
  const beside = (
    <Choices
      label="Kind of reading"
      options={KIND_OPTIONS}
      chosen={[kind ?? 'all']}
      onChoose={(next) => onSearch({ kind: KINDS.find((each) => each === next) })}
    />
  );
  return (
    <Panel title="Readings" beside={beside} isFlush={rows.length > 0}>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && rows.length === 0 && <EmptyState title="This sensor has no such reading yet." />}
      {rows.length > 0 && (
        <DataTable label="Readings" columns={columnsOf(sensor, zone)} rows={rows} keyOf={({ id }) => id} />
      )}
      {hasNextPage && (
        <div className={styles.more}>
          <Button isBusy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Older
          </Button>
        </div>
      )}
    </Panel>
  );
}

function columnsOf(sensor: Sensor, zone: string | undefined): readonly Column<Reading>[] {
  return [
    {
      id: 'at',
      head: 'Measured',
      isTitle: true,
      cell: ({ id, measured_at: at, time_quality: quality }) => (
        <span title={TIME_REMARKS[quality] ?? undefined}>
          <Link to="/readings/$id" params={{ id }}>
            <Moment at={at} zone={zone} />
          </Link>
          {quality !== 'second' && quality !== 'minute' && (
            <span className={styles.remark}>
              <Icon name="warning" size={12} />
              <span className="visually-hidden">{TIME_REMARKS[quality]}</span>
            </span>
          )}
        </span>
      ),
    },
    { id: 'kind', head: 'Kind', cell: ({ kind }) => KIND_LOOKS[kind].label },
    { id: 'value', head: 'Value', cell: (reading) => <Value reading={reading} sensor={sensor} /> },
    { id: 'origin', head: 'Origin', from: 1100, cell: ({ origin }) => ORIGINS[origin] },
    {
      id: 'received',
      head: 'Received',
      from: 1100,
      cell: ({ received_at: at }) => <Ago at={at} zone={zone} />,
    },
    {
      id: 'record',
      head: 'Record',
      align: 'end',
      from: 1100,
      cell: ({ record_id: record }) => (record === null ? '–' : <code>{record}</code>),
    },
  ];
}

/** The value; of vibration, the RMS of each axis. */
function Value({ reading, sensor }: { readonly reading: Reading; readonly sensor: Sensor }) {
  const { kind, value, vibration } = reading;
  if (!vibration) return <>{withUnit(value, unitOf(kind, sensor))}</>;
  return (
    <span className={styles.rowAxes}>
      {AXES.map(
        (axis) =>
          vibration.axes[axis] && (
            <span key={axis} className="nowrap">
              <span className={styles.axisName}>{axis.toUpperCase()}</span> {formatFigure(vibration.axes[axis].rms, 3)}
            </span>
          ),
      )}
      <span className="muted">g RMS</span>
    </span>
  );
}
